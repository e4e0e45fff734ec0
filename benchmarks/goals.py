"""The goals, and whether they are met."""

from dataclasses import dataclass

from .services import FIRST_AUDIO_LATENCY


@dataclass(frozen=True, slots=True)
class Goal:
    """The limit of a metric: at most, or at least."""

    figure: str
    limit: float
    at_least: bool = False

    def is_reached(self, value: float) -> bool:
        """Return whether a value meets the goal."""
        return value >= self.limit if self.at_least else value <= self.limit

    def __str__(self) -> str:
        """Return the goal as text."""
        return f"{'>=' if self.at_least else '<='} {self.limit:g}"


SERVICES = ("vivoka", "knovvu")

GOALS = (
    *(Goal(f"ttfa_over_reference.{service}.rtt0.wav", 1.05) for service in SERVICES),
    *(Goal(f"ttfa_over_reference.{service}.rtt40.wav", 1.0) for service in SERVICES),
    *(Goal(f"mp3_over_wav_ms.{service}", 15) for service in SERVICES),
    *(Goal(f"overhead_over_wyoming.{service}.wav", 1.0) for service in SERVICES),
    *(Goal(f"overhead_over_wyoming.{service}.mp3", 0.1) for service in SERVICES),
    *(Goal(f"llm_speedup.{service}", 8, at_least=True) for service in SERVICES),
    *(Goal(f"gaps.{service}", 0) for service in SERVICES),
    *(Goal(f"tool_call.{service}", 0.5 + FIRST_AUDIO_LATENCY) for service in SERVICES),
    Goal("cpu_over_wyoming", 1.0),
    Goal("cpu_over_floor", 3.0),
    *(Goal(f"trace_over_cpu.{service}", 0.02) for service in SERVICES),
    Goal("concurrency.p95_ratio", 1.5),
    Goal("text_scaling", 12),
    Goal("text_scaling.longest_block_ms", 20),
    Goal("memory_per_stream_kib", 256),
)


def derived(figures: dict[str, float]) -> dict[str, float]:
    """Return the ratios for which there are goals."""
    ours = figures["cpu_per_audio_second.ours"]
    return {
        "cpu_over_wyoming": ours / figures["cpu_per_audio_second.wyoming"],
        "cpu_over_floor": ours / figures["cpu_per_audio_second.floor"],
        **{
            f"trace_over_cpu.{service}": figures[f"trace_us_per_audio_second.{service}"]
            / 1000
            / figures[f"cpu_per_audio_second.{service}"]
            for service in SERVICES
        },
    }


def table(figures: dict[str, float]) -> tuple[str, int]:
    """Return all metrics as a table, and the number of goals that are not met."""
    goals = {goal.figure: goal for goal in GOALS}
    lines = [f"| {'figure':48} | {'value':>10} | {'goal':>8} | |", f"|{'-' * 50}|{'-' * 11}:|{'-' * 9}:|---|"]
    missed = 0
    for name in sorted(figures, key=lambda name: (name not in goals, name)):
        goal = goals.get(name)
        reached = goal is None or goal.is_reached(figures[name])
        missed += not reached
        mark = "" if goal is None else "yes" if reached else "no"
        lines.append(f"| {name:48} | {figures[name]:10.3f} | {goal or ''!s:>8} | {mark} |")
    return "\n".join(lines), missed
