"""The shape of a list of voices that nobody has seen yet is described, too."""

from custom_components.websocket_tts.speech.privacy import Privacy
from custom_components.websocket_tts.speech.probe.listing import list_shape


def test_nested() -> None:
    """A report says where the list is."""
    nested = {"data": {"voices": [{"Name": "Emily"}]}, "status": "ok"}
    assert list_shape(nested, Privacy()) == "list of objects (Name) in voices in data"
