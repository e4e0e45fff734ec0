"""Asks one question after the other, each within its time, and all within that of the probe."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from time import monotonic

from ..exceptions import SpeechError
from .report import Finding, Report

TOTAL = 52.0
"""Seconds for all questions; what was begun is tidied up after it, and a probe ends within 60."""
_LEAST = 2.0
"""Seconds that must be left to begin a question."""

type Ask = Callable[[Finding], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Question:
    """Something to find out."""

    name: str
    ask: Ask
    """Fills the finding; may raise SkippedError and SpeechErrors."""
    use: str
    """What the client does with the answer."""
    limit: float = 6.0
    """Seconds."""


class SkippedError(Exception):
    """There is no sense in asking this; the text says why."""


async def ask_all(
    questions: Sequence[Question], report: Report, wait: Callable[[], Awaitable[None]], total: float = TOTAL
) -> None:
    """Ask in this order; before each, wait until nothing is spoken that a question could disturb."""
    end = monotonic() + total
    for question in questions:
        try:
            async with asyncio.timeout(max(end - monotonic(), 0)):
                await wait()
        except TimeoutError:
            report.not_asked[question.name] = "something else was being spoken"
            continue
        left = end - monotonic()
        if left < min(_LEAST, question.limit):
            report.not_asked[question.name] = "no time was left"
            continue
        finding = Finding(question.name, {}, use=question.use)
        try:
            async with asyncio.timeout(min(question.limit, left)):
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
