"""Asks the questions in sequence, each with a time limit, within the time limit of the probe."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from time import monotonic

from custom_components.websocket_tts.speech.exceptions import SpeechError

from .report import Finding, Report
from .trace import Trace


@dataclass(frozen=True, slots=True)
class Patience:
    """Time limits of a probe, in seconds."""

    total: float = 52.0
    """For all questions; cleaning up takes longer, but a probe ends within 60."""
    question: float = 6.0
    least: float = 2.0
    """Remaining time required to start a question."""
    first: float = 5.0
    """For the first message."""
    quiet: float = 1.0
    """Without a message after audio, after which nothing more is expected."""
    after_end: float = 0.5
    """For a close after an end message or an error."""
    idle: float = 6.0
    """For which a socket is left idle."""
    late: float = 3.0
    """Between receiving a token and opening its socket, to test late use."""
    between: float = 0.3
    """Between two questions: a service may release a channel with a delay."""


type Ask = Callable[[Finding], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Question:
    """One aspect of the behavior of a server."""

    name: str
    ask: Ask
    """Fills in the finding; may raise SkippedError and SpeechError."""
    use: str
    """How the client uses the answer."""
    more: float = 0.0
    """Additional time, in seconds, that it may take."""


class SkippedError(Exception):
    """The question does not apply; the text states why."""


async def ask_all(questions: Sequence[Question], report: Report, patience: Patience) -> None:
    """Ask in this order; what there is no time for is not asked."""
    end = monotonic() + patience.total
    for question in questions:
        if monotonic() + patience.between + patience.least > end:
            report.not_asked[question.name] = "no time was left"
            continue
        await asyncio.sleep(patience.between)
        await _ask(question, report, min(patience.question + question.more, end - monotonic()))


async def _ask(question: Question, report: Report, seconds: float) -> None:
    """Ask a question, and add the finding to the report, also if it is an error or there is no answer."""
    finding = Finding(question.name, question.use, Trace(report.shapes))
    try:
        async with asyncio.timeout(seconds):
            await question.ask(finding)
    except SkippedError as err:
        report.not_asked[question.name] = str(err)
        return
    except TimeoutError:
        finding.found["answer"] = "none in time"
    except SpeechError as err:
        # The text of the error may contain anything.
        finding.found["error"] = type(err).__name__
        if status := err.placeholders.get("status"):
            finding.found["status"] = int(status)
    report.findings.append(finding)
