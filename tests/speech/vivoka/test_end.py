"""The end of a speech of Vivoka: a last frame that says so, or the close of its socket."""

import pytest

from simulator import Cut, Simulator, tones
from tests.speech.speaking import TEXT, VOICES, MakeService, speak

VOICE = VOICES["vivoka"]


@pytest.mark.parametrize("after", [9000, 20000])
async def test_a_last_frame_that_is_missing(
    after: int, simulator: Simulator, make_service: MakeService
) -> None:
    """A service that has marked the end and closes without a mark has cut the speech off."""
    service = make_service("vivoka")
    assert (await speak(service, VOICE, TEXT))[1] == tones.pcm(TEXT, 22050)
    assert service.quirks["ends"] == {VOICE.voice: "marked"}
    simulator.habits.cut = Cut(after, "close", 1000)
    simulator.habits.failures = 1
    assert (await speak(service, VOICE, TEXT))[1] == tones.pcm(TEXT, 22050)
    assert service.quirks["ends"] == {VOICE.voice: "marked"}


async def test_a_service_that_marks_no_more(simulator: Simulator, make_service: MakeService) -> None:
    """After an update it is doubted once, with the first of two sentences, and then believed."""
    service = make_service("vivoka", quirks={"ends": {VOICE.voice: "marked", "other": "marked"}})
    simulator.habits.vivoka.end = "close"
    for requests in (3, 2, 2):
        simulator.requests.clear()
        assert (await speak(service, VOICE, TEXT))[1] == tones.pcm(TEXT, 22050)
        assert len(simulator.requests) == requests
        assert service.quirks["ends"] == {VOICE.voice: "varies", "other": "marked"}
    simulator.habits.vivoka.end = "last"
    await speak(service, VOICE, TEXT)
    assert service.quirks["ends"] == {VOICE.voice: "varies", "other": "marked"}
