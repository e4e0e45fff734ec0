"""The languages in the names of voices."""

import pytest

from custom_components.websocket_tts.speech.languages import KNOWN_TAGS
from custom_components.websocket_tts.speech.vivoka.languages import CODES, cerence_tag


@pytest.mark.parametrize(
    ("code", "tag"),
    [
        ("enu", "en-US"),
        ("ENU", "en-US"),
        ("mnc", "zh-CN"),
        ("arw", "ar-001"),
        ("viv", "vi-VN"),
        ("de-AT", "de-AT"),
    ]
    + [("xyz", None), ("english", None)],
)
def test_cerence_tag(code: str, tag: str | None) -> None:
    """A code of Cerence, or a tag."""
    assert cerence_tag(code) == tag


def test_languages_to_choose_from() -> None:
    """A language that has voices can be chosen for a voice that does not say its own."""
    assert {*CODES.values()} <= {*KNOWN_TAGS}
