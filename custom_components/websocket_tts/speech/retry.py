"""One more try for what may pass."""

import asyncio
from collections.abc import Callable
from contextlib import aclosing
import logging

from .audio.pcm import AudioStream
from .exceptions import BusyError, CannotConnectError, SpeechTimeoutError
from .metrics import SynthesisMetrics

_LOGGER = logging.getLogger(__name__)


RETRY_PAUSE = 0.3
"""Seconds before asking once more: a proxy that restarts is back by then."""


def is_transient(err: Exception) -> bool:
    """Return whether a fresh connection may do better; after a timeout nobody wants to wait once more."""
    return isinstance(err, CannotConnectError | BusyError) and not isinstance(err, SpeechTimeoutError)


async def with_one_retry(request: Callable[[], AudioStream], report: SynthesisMetrics) -> AudioStream:
    """Pass on the audio of a request; ask once more if it fails before its first sample and that may pass."""
    heard = False
    try:
        async with aclosing(request()) as audio:
            async for part in audio:
                heard = heard or isinstance(part, bytes)
                yield part
    except (CannotConnectError, BusyError) as err:
        if heard or not is_transient(err):
            raise
        _LOGGER.debug("Asking once more: %s", err)
        report.retries += 1
        await asyncio.sleep(RETRY_PAUSE)
    else:
        return
    async with aclosing(request()) as audio:
        async for part in audio:
            yield part
