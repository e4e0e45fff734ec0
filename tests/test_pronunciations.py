"""Pronunciations, through Home Assistant."""

from homeassistant.core import HomeAssistant
import pytest

from simulator import Simulator

from .in_home_assistant import MakeEntry, fetch

WORDS = [
    {"written": "HVAC", "spoken": "h vac"},
    {"written": "Öz", "spoken": "Oez", "language": "de"},
    {"written": "lol"},
]


@pytest.mark.parametrize(
    ("kind", "language", "spoken"),
    [
        ("vivoka", None, "The h vac of Öz, ."),
        ("vivoka", "de-DE", "The h vac of Oez, ."),
        ("knovvu", None, "The h vac of Öz, ."),
        ("knovvu", "de-DE", "The h vac of Oez, ."),
    ],
)
async def test_spoken(
    hass: HomeAssistant,
    kind: str,
    language: str | None,
    spoken: str,
    simulator: Simulator,
    make_entry: MakeEntry,
) -> None:
    """An entry for a language counts where the voice speaks it, also one that was asked for by its name."""
    await make_entry(kind, pronunciations=WORDS)
    await fetch(hass, kind, "The **HVAC** of Öz, lol.", language)
    assert simulator.requests[-1].texts == [spoken]
    voice = simulator.requests[-1].voice
    await fetch(hass, kind, "The HVAC of Öz, LOL.", voice=voice)
    assert simulator.requests[-1].texts == [spoken]
