"""The report of a probe, as a table and as JSON, without secrets, hosts and audio."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
import json
from typing import Any

from custom_components.websocket_tts.speech.audio import wav
from custom_components.websocket_tts.speech.audio.pcm import PcmFormat

from .shape import Shapes
from .trace import Trace

FORMAT = 1
"""Version of the JSON; readers refuse other versions."""
_LONGEST_TRACES = 45_000
"""Characters. An issue on GitHub has at most 65,536, and a report is pasted into one."""

type Traces = Mapping[str, list[dict[str, Any]]]


@dataclass(slots=True)
class Finding:
    """The answer to one question."""

    question: str
    use: str
    """How the client uses the answer."""
    trace: Trace
    found: dict[str, Any] = field(default_factory=dict)
    """Reproducible behavior: names, codes, true or false."""
    measured: dict[str, Any] = field(default_factory=dict)
    """Measurements, which vary: times in seconds, sizes in bytes."""


@dataclass(slots=True)
class Report:
    """All findings about one server."""

    service: str
    voice: str
    shapes: Shapes = field(default_factory=Shapes, repr=False)
    findings: list[Finding] = field(default_factory=list)
    not_asked: dict[str, str] = field(default_factory=dict)
    """Questions that were not asked, with their reasons."""
    quirks: Mapping[str, object] = field(default_factory=dict)
    """Quirks that the client itself has detected."""
    works: bool = False
    """Whether the client can speak with this server."""
    seconds: float = 0.0
    """Duration of the probe."""
    audio_format: PcmFormat | None = None
    samples: bytes = field(default=b"", repr=False)

    def wav(self) -> bytes:
        """Return the audio of the client as a WAV file; empty if there is none."""
        if not self.audio_format:
            return b""
        return wav.header(self.audio_format, len(self.samples)) + self.samples

    def found(self, question: str) -> dict[str, Any]:
        """Return the findings of a question; empty if it was not asked."""
        return next((finding.found for finding in self.findings if finding.question == question), {})

    def as_dict(self) -> dict[str, Any]:
        """Return the report as JSON, without anything that must not be shown."""
        traces = {finding.question: finding.trace.entries for finding in self.findings}
        return {
            "format": FORMAT,
            "service": self.service,
            "works": self.works,
            "seconds": round(self.seconds, 1),
            "voice": self.shapes.scrub(self.voice),
            "found": {finding.question: finding.found for finding in self.findings},
            "measured": {finding.question: finding.measured for finding in self.findings if finding.measured},
            "not_asked": self.not_asked,
            # Names of voices can contain anything.
            "quirks": self.shapes.scrub(dict(self.quirks)),
            "traces": _shortened(traces),
        }

    def lines(self) -> Iterator[tuple[str, str, str]]:
        """Yield a row for each question: the question, its findings, and how the client uses them."""
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


def _shortened(traces: Traces) -> Traces:
    """Return the first and the last entries of each trace, as many as fit in an issue."""
    kept, shortened = max(map(len, traces.values()), default=0), traces
    while len(json.dumps(shortened, indent=1)) > _LONGEST_TRACES and kept > 2:
        kept //= 2
        shortened = {question: _ends(entries, kept) for question, entries in traces.items()}
    return shortened


def _ends(entries: list[dict[str, Any]], kept: int) -> list[dict[str, Any]]:
    if len(entries) <= kept:
        return entries
    first, last = entries[: (kept + 1) // 2], entries[len(entries) - kept // 2 :]
    left_out = sum(entry.get("left_out", 1) for entry in entries[len(first) : len(entries) - len(last)])
    return [*first, {"left_out": left_out}, *last]
