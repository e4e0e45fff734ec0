"""What a probe found out: for people as a table, for programs as JSON. Without secrets, hosts and audio."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from ..audio import wav
from ..audio.pcm import PcmFormat
from ..trace import Privacy

FORMAT = 1
"""Of the JSON; a reader refuses another."""


@dataclass(slots=True)
class Finding:
    """The answer to one question."""

    question: str
    found: dict[str, Any]
    """What a server does, the same whenever it is asked: names, codes, yes and no."""
    measured: dict[str, Any] = field(default_factory=dict)
    """Figures, which are never quite the same: times in seconds, sizes in bytes."""
    use: str = ""
    """What the client does with it."""


@dataclass(slots=True)
class Report:
    """All that was found out about one server."""

    service: str
    voice: str
    privacy: Privacy = field(default_factory=Privacy, repr=False)
    findings: list[Finding] = field(default_factory=list)
    not_asked: dict[str, str] = field(default_factory=dict)
    """The questions that were not asked, each with the reason."""
    traces: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    """What went over the line, by question."""
    quirks: Mapping[str, object] = field(default_factory=dict)
    """What the client itself has learned."""
    works: bool = False
    """Whether the client could speak through this server."""
    seconds: float = 0.0
    """That it took."""
    audio_format: PcmFormat | None = None
    samples: bytes = field(default=b"", repr=False)

    def wav(self) -> bytes:
        """Return what the client spoke, as a file; nothing where it could not."""
        if not self.audio_format:
            return b""
        return wav.header(self.audio_format, len(self.samples)) + self.samples

    def found(self, question: str) -> dict[str, Any]:
        """Return what was found out about a question; nothing where it was not asked."""
        return next((finding.found for finding in self.findings if finding.question == question), {})

    def as_dict(self) -> dict[str, Any]:
        """Return it as JSON, without what must not be shown."""
        privacy = self.privacy
        return {
            "format": FORMAT,
            "service": self.service,
            "works": self.works,
            "seconds": round(self.seconds, 1),
            "voice": privacy.scrub(self.voice),
            "found": {finding.question: finding.found for finding in self.findings},
            "measured": {finding.question: finding.measured for finding in self.findings if finding.measured},
            "not_asked": self.not_asked,
            # Voices have names of any kind.
            "learned": privacy.scrub(dict(self.quirks)),
            "traces": self.traces,
        }

    def lines(self) -> Iterator[tuple[str, str, str]]:
        """Yield a line for each question: what, found, and what the client does with it."""
        for finding in self.findings:
            facts = {**finding.found, **finding.measured}
            yield (
                finding.question,
                ", ".join(_fact(*fact) for fact in facts.items() if fact[1] not in (None, [])),
                finding.use,
            )
        for question, reason in self.not_asked.items():
            yield question, f"not asked: {reason}", ""


def _fact(name: str, value: object) -> str:
    match value:
        case bool():
            shown = "yes" if value else "no"
        case list():
            shown = " ".join(map(str, value))
        case _:
            shown = str(value)
    return f"{name.replace('_', ' ')}: {shown}"
