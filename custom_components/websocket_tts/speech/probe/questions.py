"""Asks one question after the other, each within its time, and all within that of the probe."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from time import monotonic

from ..exceptions import SpeechError
from .report import Finding, Report


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to wait for what may not come, in seconds."""

    total: float = 52.0
    """For all questions; what was begun is tidied up after it, and a probe ends within 60."""
    question: float = 6.0
    least: float = 2.0
    """That must be left to begin a question."""
    first: float = 5.0
    """For the first message."""
    quiet: float = 1.0
    """Without a message after audio, from which on nothing more is expected."""
    after_end: float = 0.5
    """For a close behind a message of the end, or of an error."""
    idle: float = 6.0
    """That a socket is left alone."""
    late: float = 3.0
    """Between a token and its socket."""
    between: float = 0.3
    """Two questions: a service may free a channel a little later."""


type Ask = Callable[[Finding], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Question:
    """Something to find out."""

    name: str
    ask: Ask
    """Fills the finding; may raise SkippedError and SpeechErrors."""
    use: str
    """What the client does with the answer."""
    more: float = 0.0
    """Seconds that it may take longer than others."""


class SkippedError(Exception):
    """There is no sense in asking this; the text says why."""


async def ask_all(
    questions: Sequence[Question], report: Report, wait: Callable[[], Awaitable[None]], patience: Patience
) -> None:
    """Ask in this order; before each, wait until nothing is spoken that a question could disturb."""
    end = monotonic() + patience.total
    for question in questions:
        try:
            async with asyncio.timeout(max(end - monotonic(), 0)):
                await asyncio.sleep(patience.between)
                await wait()
        except TimeoutError:
            report.not_asked[question.name] = "something else was being spoken"
            continue
        left = end - monotonic()
        if left < patience.least:
            report.not_asked[question.name] = "no time was left"
            continue
        finding = Finding(question.name, {}, use=question.use)
        try:
            async with asyncio.timeout(min(patience.question + question.more, left)):
                await question.ask(finding)
        except SkippedError as err:
            report.not_asked[question.name] = str(err)
            continue
        except TimeoutError:
            finding.found["answer"] = "none in time"
        except SpeechError as err:
            # Its text may have anything in it.
            finding.found["error"] = type(err).__name__
            if status := err.placeholders.get("status"):
                finding.found["status"] = int(status)
        report.findings.append(finding)
