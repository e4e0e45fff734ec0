"""Answers of Assist that are spoken while they are being generated, as by a language model."""

from collections.abc import Mapping
from itertools import count
from statistics import median

from harness.assist import add_assistant, hear_answer
from harness.home_assistant import HomeAssistant

from .services import SAMPLE_RATE

ENGINE_SPEED = 4.0
"""Speed of the engine during these measurements, as a multiple of real time."""
_WORDS_PER_SECOND = 20
_SENTENCE = "There are ten words in this sentence that is written. "
_WRITTEN = "This is answer {:06}, and it has one hundred twenty words. " + _SENTENCE * 11
_TOOL_SECONDS = 3.5
_NUMBERS = count()


async def answers(hass: HomeAssistant, entities: Mapping[str, str], rounds: int) -> dict[str, float]:
    """Return the speedup of the first audio compared to speaking the complete answer, and the gaps."""
    figures: dict[str, float] = {}
    for name, entity_id in entities.items():
        assistant = await add_assistant(hass, name, entity_id, "en-US")
        speedups, gaps = [], []
        for _ in range(rounds):
            heard = [
                (
                    await hear_answer(
                        hass,
                        assistant,
                        text=_WRITTEN.format(next(_NUMBERS)),
                        words_per_second=_WORDS_PER_SECOND,
                        at_once=at_once,
                    )
                ).audio
                for at_once in (True, False)
            ]
            in_the_end, ours = (fetched.first_audio_at - fetched.asked_at for fetched in heard)
            speedups.append(in_the_end / ours)
            gaps.append(heard[1].ran_dry(SAMPLE_RATE))
        figures[f"llm_speedup.{name}"] = median(speedups)
        figures[f"gaps.{name}"] = median(gaps)
    return figures


async def tool_calls(hass: HomeAssistant, entities: Mapping[str, str], rounds: int) -> dict[str, float]:
    """Return the seconds from a text that is handed over with a tool call to its first speech."""
    figures: dict[str, float] = {}
    for name, entity_id in entities.items():
        assistant = await add_assistant(hass, f"{name} tool", entity_id, "en-US")
        heard = [
            await hear_answer(
                hass,
                assistant,
                text="Let me check.",
                words_per_second=_WORDS_PER_SECOND,
                tool_seconds=_TOOL_SECONDS,
                answer=f"This is answer {next(_NUMBERS):06}.",
            )
            for _ in range(rounds)
        ]
        figures[f"tool_call.{name}"] = median(answer.speech_after_text for answer in heard)
    return figures
