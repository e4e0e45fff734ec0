"""Rate and volume for a service whose protocol has neither, but whose voices take SSML."""

from xml.sax.saxutils import escape, quoteattr

from ..models import VoiceSettings
from ..text.segments import is_ssml

_NAMESPACE = "http://www.w3.org/2001/10/synthesis"


def with_prosody(text: str, settings: VoiceSettings, language: str | None) -> str:
    """Return a text as SSML 1.0 that asks for rate and volume; as it is where both are normal.

    A text that is SSML itself says how it is to be spoken.
    """
    wanted = {
        name: f"{round((factor - 1) * 100):+d}%"
        for name, factor in (("rate", settings.rate), ("volume", settings.volume))
        if factor != 1
    }
    if not wanted or is_ssml(text):
        return text
    attributes = " ".join(f"{name}={quoteattr(value)}" for name, value in wanted.items())
    spoken_in = f" xml:lang={quoteattr(language)}" if language else ""
    return (
        f'<speak version="1.0" xmlns="{_NAMESPACE}"{spoken_in}>'
        f"<prosody {attributes}>{escape(text)}</prosody></speak>"
    )
