"""The end of a speech of Vivoka: a last frame that says so, or the close of its socket."""

import pytest

from custom_components.websocket_tts.speech.exceptions import TruncatedError
from simulator import Cut, Simulator, tones
from tests.speech.speaking import TEXT, VOICES, MakeService, speak

VOICE = VOICES["vivoka"]


async def test_a_last_frame_that_is_missing(simulator: Simulator, make_service: MakeService) -> None:
    """A service that has marked the end and closes without a mark has cut the speech off."""
    service = make_service("vivoka")
    assert (await speak(service, VOICE, TEXT))[1] == tones.pcm(TEXT, 22050)
    assert service.quirks["marks_last"] == [VOICE.voice]
    simulator.habits.cut = Cut(9000, "close", 1000)
    with pytest.raises(TruncatedError):
        await speak(service, VOICE, TEXT)
    simulator.habits.cut = None
    assert (await speak(service, VOICE, TEXT))[1] == tones.pcm(TEXT, 22050)


async def test_a_service_that_marks_no_more(simulator: Simulator, make_service: MakeService) -> None:
    """After an update it costs one announcement, and then it is known."""
    service = make_service("vivoka", quirks={"marks_last": [VOICE.voice, 7]})
    simulator.habits.vivoka.end = "close"
    with pytest.raises(TruncatedError):
        await speak(service, VOICE, TEXT)
    for _ in range(2):
        assert (await speak(service, VOICE, TEXT))[1] == tones.pcm(TEXT, 22050)
    assert "marks_last" not in service.quirks
