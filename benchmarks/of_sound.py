"""Volume and pronunciations: CPU time of each, as ratios and milliseconds.

Run alone with python -m benchmarks.of_sound; scripts/benchmark includes it.
"""

from collections.abc import Callable
from itertools import chain
import time

from custom_components.websocket_tts.speech.audio.gain import scale
from custom_components.websocket_tts.speech.text.markdown import strip_markdown
from custom_components.websocket_tts.speech.text.pronunciation import Pronunciation, Pronunciations
from custom_components.websocket_tts.speech.text.splitter import SentenceSplitter

type Figures = dict[str, float]

SENTENCE = "The heating in the living room is on since 7:30, and HVAC249 near O'Neill's door is off. "
ENTRIES = [Pronunciation(f"HVAC{number}", f"h vac {number}") for number in range(500)]
SAMPLE_RATE = 24000
CHUNK = 4096
"""Bytes of audio in a message of the services."""


def _milliseconds(work: Callable[[], object], times: int) -> float:
    """Return the least CPU time of one call."""
    best = float("inf")
    for _ in range(7):
        begun = time.process_time()
        for _ in range(times):
            work()
        best = min(best, time.process_time() - begun)
    return best / times * 1000


def _split(pronunciations: Pronunciations) -> Callable[[], object]:
    def work() -> object:
        splitter = SentenceSplitter("en-US", pronunciations.abbreviations)
        found = chain(splitter.add(SENTENCE * 20), splitter.finish())
        return [pronunciations.apply(strip_markdown(sentence.text)) for sentence in found]

    return work


def volume_and_pronunciations() -> Figures:
    """Return the cost of volume for a second of audio, and of a long list of pronunciations."""
    chunk = bytes(range(256)) * (CHUNK // 256)
    chunks = SAMPLE_RATE * 2 // CHUNK + 1
    without, few, many = (
        _milliseconds(_split(Pronunciations(entries)), 5) for entries in ([], ENTRIES[:5], ENTRIES)
    )
    return {
        "volume_ms_per_audio_second": chunks * _milliseconds(lambda: scale(chunk, 1.5), 500),
        "pronunciations.500_over_none": many / without,
        "pronunciations.500_over_5": many / few,
        "pronunciations.ms_per_sentence": (many - without) / 20,
        "pronunciations.load_ms": _milliseconds(lambda: Pronunciations(ENTRIES), 5),
    }


if __name__ == "__main__":
    for name, value in volume_and_pronunciations().items():
        print(f"{name}: {value:.4g}")
