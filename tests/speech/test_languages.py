"""Language tags in every spelling."""

import pytest

from custom_components.websocket_tts.speech.languages import language_tag


@pytest.mark.parametrize(
    ("code", "tag"),
    [("tr-TR", "tr-TR"), ("TR_tr", "tr-TR"), ("en", "en"), ("zh_hans_cn", "zh-Hans-CN"), ("ar-001", "ar-001")]
    + [("Turkish", None), ("", None), ("e", None), ("en-", None)],
)
def test_language_tag(code: str, tag: str | None) -> None:
    """Every spelling of a tag, and nothing else."""
    assert language_tag(code) == tag
