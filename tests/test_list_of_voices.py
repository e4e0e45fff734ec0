"""The list of voices at a bad moment: for a minute, nothing changes for who speaks.

How the world differs: the list is empty, half, without languages, refused, or no list at all; another half
the next time; the voice itself is refused as well, or another one; a form has seen the list at that moment;
an announcement shows that the service speaks, or that it does not.
"""

from collections.abc import Callable
from datetime import timedelta
from unittest.mock import AsyncMock

from freezegun.api import FrozenDateTimeFactory
from homeassistant.components.tts import DOMAIN as TTS_DOMAIN
from homeassistant.const import STATE_UNAVAILABLE
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
import pytest
from pytest_homeassistant_custom_component.common import async_fire_time_changed

from custom_components.websocket_tts.availability import Absence, ListDoubt
from custom_components.websocket_tts.speech.exceptions import CannotConnectError
from custom_components.websocket_tts.speech.models import Voice
from custom_components.websocket_tts.state import async_hand_over
from simulator import Simulator
from simulator.habits import Route

from .in_home_assistant import MakeEntry, entity, fetch
from .services import SERVICES
from .speech.speaking import TEXT
from .test_availability import state_of, ticks
from .test_repairs import issues

KINDS = ("vivoka", "knovvu")


def _empty(simulator: Simulator) -> None:
    simulator.vivoka_voices.clear()
    simulator.knovvu_voices.clear()


def _half(simulator: Simulator) -> None:
    """Leave neither the configured voice nor the German one."""
    for kind, voices in (("vivoka", simulator.vivoka_voices), ("knovvu", simulator.knovvu_voices)):
        del voices[SERVICES[kind].voice], voices[SERVICES[kind].voices["de-DE"]]


def _unstated(simulator: Simulator) -> None:
    simulator.habits.knovvu.voices = "unstated"


def _missing(simulator: Simulator) -> None:
    simulator.habits.knovvu.voices = "missing"


def _refused(status: int) -> Callable[[Simulator], None]:
    def refuse(simulator: Simulator) -> None:
        simulator.habits.statuses["voices"] = status

    return refuse


BAD = {
    "empty": _empty,
    "half": _half,
    "unstated": _unstated,
    "missing": _missing,
    "404": _refused(404),
    "500": _refused(500),
    "200, and a web page": _refused(200),
}


async def next_poll(hass: HomeAssistant, freezer: FrozenDateTimeFactory) -> None:
    """Let the next regular poll come."""
    freezer.tick(timedelta(minutes=5.5))
    async_fire_time_changed(hass)
    await hass.async_block_till_done(wait_background_tasks=True)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("bad", BAD)
async def test_bad_moment(
    hass: HomeAssistant,
    kind: str,
    bad: str,
    simulator: Simulator,
    make_entry: MakeEntry,
    freezer: FrozenDateTimeFactory,
) -> None:
    """Languages and voices stay, no repair appears, and the list is asked for again within seconds."""
    entry = await make_entry(kind)
    speech = entity(hass, kind)
    languages, german = list(speech.supported_languages), SERVICES[kind].voices["de-DE"]
    voices = dict(simulator.vivoka_voices), dict(simulator.knovvu_voices)
    BAD[bad](simulator)
    await next_poll(hass, freezer)
    simulator.calls.clear()
    await ticks(hass, freezer, 8)
    assert simulator.calls.count("voices") >= 2 or (kind, bad) in (
        ("vivoka", "unstated"),
        ("vivoka", "missing"),
    )
    await ticks(hass, freezer, 40)
    assert speech.supported_languages == languages
    assert [voice.voice_id for voice in speech.async_get_supported_voices("de-DE") or ()] == [german]
    assert state_of(hass, kind) != STATE_UNAVAILABLE
    assert issues(hass) == {}
    await entry.runtime_data.async_refresh()
    assert entry.runtime_data.state.server.voices == entry.runtime_data.data
    # It was only a moment.
    simulator.habits.statuses.clear()
    simulator.habits.knovvu.voices = "vendor"
    simulator.vivoka_voices.update(voices[0])
    simulator.knovvu_voices.update(voices[1])
    await ticks(hass, freezer, 65)
    assert speech.supported_languages == languages
    assert entry.runtime_data.last_update_success
    assert entry.runtime_data.update_interval == timedelta(minutes=5)


@pytest.mark.parametrize("kind", KINDS)
async def test_bad_for_long(
    hass: HomeAssistant,
    kind: str,
    simulator: Simulator,
    make_entry: MakeEntry,
    freezer: FrozenDateTimeFactory,
) -> None:
    """Then it is believed."""
    await make_entry(kind)
    _half(simulator)
    await next_poll(hass, freezer)
    await ticks(hass, freezer, 130)
    assert entity(hass, kind).async_get_supported_voices("de-DE") is None
    assert entity(hass, kind).async_get_supported_voices("tr-TR")
    assert set(issues(hass)) == ({"voice_gone"} if SERVICES[kind].client.lists_all_voices else set())


async def test_one_voice_refused(
    hass: HomeAssistant, simulator: Simulator, make_entry: MakeEntry, freezer: FrozenDateTimeFactory
) -> None:
    """A list without any voice is believed of the one that the service has refused, and not of the others."""
    await make_entry("vivoka")
    _empty(simulator)
    await next_poll(hass, freezer)
    with pytest.raises(HomeAssistantError):
        await fetch(hass, "vivoka", TEXT)
    await ticks(hass, freezer, 2)
    assert set(issues(hass)) == {"voice_gone"}
    speech = entity(hass, "vivoka")
    german = SERVICES["vivoka"].voices["de-DE"]
    assert [voice.voice_id for voice in speech.async_get_supported_voices("de-DE") or ()] == [german]
    english = [voice.voice_id for voice in speech.async_get_supported_voices("en-US") or ()]
    assert SERVICES["vivoka"].voice not in english


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("statuses", [{}, {"voices": 500}], ids=str)
async def test_form_at_a_bad_moment(
    hass: HomeAssistant,
    kind: str,
    statuses: dict[Route, int],
    simulator: Simulator,
    make_entry: MakeEntry,
) -> None:
    """What a form has seen of the list takes no voice away, either, when its entry is loaded again."""
    entry = await make_entry(kind)
    languages = list(entity(hass, kind).supported_languages)
    _half(simulator)
    service = entry.runtime_data.service
    async_hand_over(hass, entry.data, service, await service.voices())
    simulator.habits.statuses = statuses
    await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert entity(hass, kind).supported_languages == languages
    assert issues(hass) == {}


@pytest.mark.parametrize("no_slash", [False, True])
async def test_list_without_a_final_slash(
    hass: HomeAssistant, no_slash: bool, simulator: Simulator, make_entry: MakeEntry
) -> None:
    """It is tried as well where there is none with it."""
    simulator.habits.knovvu.no_slash = no_slash
    await make_entry("knovvu")
    assert simulator.calls.count("voices") == 1 + no_slash
    assert entity(hass, "knovvu").async_get_supported_voices("de-DE")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("status", [401, 404, 500, 502])
async def test_refused_list_of_a_service_that_nobody_has_asked_to_speak(
    hass: HomeAssistant,
    kind: str,
    status: int,
    simulator: Simulator,
    make_entry: MakeEntry,
    freezer: FrozenDateTimeFactory,
) -> None:
    """It is reached: whether it can speak shows when it is asked to."""
    await make_entry(kind)
    simulator.habits.statuses["voices"] = status
    await next_poll(hass, freezer)
    await ticks(hass, freezer, 200)
    assert state_of(hass, kind) != STATE_UNAVAILABLE
    await fetch(hass, kind, TEXT)
    assert simulator.requests[-1].voice == SERVICES[kind].voice


async def test_refused_list_and_a_failure(
    hass: HomeAssistant, simulator: Simulator, make_entry: MakeEntry, freezer: FrozenDateTimeFactory
) -> None:
    """One failure makes the service away for some minutes, and not for good: the list may never come back."""
    entry = await make_entry("vivoka")
    simulator.habits.statuses["voices"] = 500
    await next_poll(hass, freezer)
    entry.runtime_data.async_note_failure(CannotConnectError())
    await hass.async_block_till_done(wait_background_tasks=True)
    await ticks(hass, freezer, 125)
    assert hass.states.async_all(TTS_DOMAIN)[0].state == STATE_UNAVAILABLE
    await ticks(hass, freezer, 240)
    assert hass.states.async_all(TTS_DOMAIN)[0].state != STATE_UNAVAILABLE


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("reason", "is_away"),
    [("timeout", True), ("cannot_connect", True), ("redirected", False), ("not_a_service", False)],
)
async def test_list_that_is_not_reached(
    hass: HomeAssistant,
    kind: str,
    reason: str,
    is_away: bool,
    simulator: Simulator,
    make_entry: MakeEntry,
    freezer: FrozenDateTimeFactory,
) -> None:
    """Whoever hears the service in spite of that knows that it is there."""
    entry = await make_entry(kind)
    error = CannotConnectError("no list", reason=reason, place="host:1", target="http://other")
    entry.runtime_data.service.voices = AsyncMock(side_effect=error)
    await next_poll(hass, freezer)
    await ticks(hass, freezer, 20)
    assert (state_of(hass, kind) == STATE_UNAVAILABLE) is is_away
    # As Assist does, which asks whom is not available, too.
    await fetch(hass, kind, TEXT)
    for _ in range(10):
        await ticks(hass, freezer, 20)
        assert state_of(hass, kind) != STATE_UNAVAILABLE
    assert simulator.requests[-1].voice == SERVICES[kind].voice


A, B, C = (Voice(name, name.title(), "de-DE") for name in ("a", "b", "c"))
MUTE = Voice("a", "A")

type Poll = tuple[float, list[Voice], list[Voice]]


@pytest.mark.parametrize(
    "polls",
    [
        # When, what is listed, what is believed.
        [(0, [A, B], [A, B])],
        [(0, [], [A, B]), (59, [], [A, B]), (60, [], [])],
        [(0, [], [A, B]), (30, [A, B], [A, B]), (60, [], [A, B])],
        [(0, [], [A, B]), (60, [A], [A])],
        [(0, [A], [A, B]), (30, [A, B], [A, B]), (90, [A], [A, B])],
        [(0, [A], [A, B]), (59, [A], [A, B]), (60, [A], [A])],
        # Another half each time: every voice has its own minute.
        [(0, [A], [A, B]), (59, [B], [B, A]), (61, [B], [B, A]), (119, [B], [B])],
        # Two polls at least, however late the second one is.
        [(0, [], [A, B]), (3600, [], [])],
        # A voice without the language that it had.
        [(0, [MUTE, B], [B, A]), (59, [MUTE, B], [B, A]), (60, [MUTE, B], [MUTE, B])],
        [(0, [MUTE, B], [B, A]), (30, [A, B], [A, B])],
        # New ones are there at once.
        [(0, [C], [C, A, B]), (60, [C], [C])],
    ],
)
def test_doubt(polls: list[Poll]) -> None:
    """A list in which something is missing is believed after a minute."""
    doubt, known = ListDoubt(), [A, B]
    for now, listed, believed in polls:
        known = doubt.believed(known, listed, now)
        assert known == believed


@pytest.mark.parametrize(("listed", "believed"), [([B], [B]), ([], [B]), ([A, B], [A, B]), ([A], [A, B])])
def test_confirmed(listed: list[Voice], believed: list[Voice]) -> None:
    """A voice that was refused is gone with the next list that does not have it; the others are not."""
    doubt = ListDoubt()
    doubt.confirm(A.id)
    assert doubt.believed([A, B], listed, 1000) == believed


@pytest.mark.parametrize(
    ("events", "is_away"),
    [
        # (when, what): "reached" and "lost" are polls that fail.
        ([(0, "lost"), (11, "lost")], False),
        ([(0, "lost"), (12, "lost")], True),
        ([(0, "lost"), (12, "lost"), (13, "reached")], False),
        ([(0, "lost"), (12, "lost"), (13, "poll")], False),
        ([(0, "lost"), (12, "lost"), (13, "speech")], False),
        ([(0, "lost"), (11, "speech"), (12, "lost"), (23, "lost")], False),
        # It was the list that was lost, and nothing else.
        ([(0, "lost"), (11, "speech"), (12, "lost"), (24, "lost"), (99, "lost")], False),
        ([(0, "lost"), (12, "lost"), (13, "speech"), (14, "speech"), (15, "lost"), (99, "lost")], False),
        ([(0, "lost"), (1, "speech"), (2, "lost"), (3, "failure"), (14, "lost")], True),
        ([(0, "lost"), (1, "speech"), (2, "lost"), (3, "failure"), (999, "lost")], True),
        ([(0, "lost"), (1, "speech"), (2, "poll"), (3, "lost"), (15, "lost")], True),
        ([(0, "speech"), (1, "lost"), (13, "lost")], True),
        ([(0, "reached"), (3600, "reached")], False),
        ([(0, "reached"), (59, "failure"), (59, "reached")], False),
        ([(0, "reached"), (59, "failure"), (60, "reached")], True),
        ([(0, "reached"), (59, "failure"), (358, "reached")], True),
        ([(0, "reached"), (59, "failure"), (359, "reached")], False),
        ([(0, "reached"), (59, "failure"), (59, "speech"), (60, "reached"), (120, "reached")], False),
    ],
)
def test_absence(events: list[tuple[float, str]], is_away: bool) -> None:
    """A service is away if it is not reached; if it is, only as long as it is known not to speak."""
    absence = Absence()
    for now, event in events:
        was_away = absence.is_away
        match event:
            case "poll" | "speech":
                assert absence.note_success(has_spoken=event == "speech") == was_away
            case "failure":
                absence.note_failed_speech(now)
            case _:
                has_changed = absence.note_failed_poll(now, is_reached=event == "reached")
                assert has_changed == (absence.is_away != was_away)
    assert absence.is_away is is_away
