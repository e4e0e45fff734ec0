"""The queue for the channels of a busy service, which all clients of a host and its credentials share."""

from .admission import Admission


class ChannelQueue(Admission):
    """The requests that wait for a channel."""
