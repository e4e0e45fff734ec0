"""What is good enough, and whether it was reached."""

from dataclasses import dataclass

from .installation import SERVICES, TOGETHER, Figures
from .services import FIRST_AUDIO_LATENCY


@dataclass(frozen=True, slots=True)
class Goal:
    """The best that a figure may be: at most, or at least."""

    figure: str
    limit: float
    at_least: bool = False

    def is_reached(self, value: float) -> bool:
        """Return whether a value is good enough."""
        return value >= self.limit if self.at_least else value <= self.limit

    def __str__(self) -> str:
        """Return the goal as people write it."""
        return f"{'>=' if self.at_least else '<='} {self.limit:g}"


GOALS = (
    *(Goal(f"ttfa_over_reference.{service}.rtt0.wav", 1.05) for service in SERVICES),
    Goal("ttfa_over_reference.vivoka.rtt40.wav", 1.0),
    Goal("ttfa_over_reference.knovvu.rtt40.wav.second", 1.0),
    Goal("overhead_over_wyoming.vivoka", 1.0),
    Goal("overhead_over_wyoming.knovvu", 0.75),
    *(Goal(f"mp3_over_wav_ms.{service}", 3.5) for service in SERVICES),
    Goal("cpu_over_least.vivoka", 1.35),
    Goal("cpu_over_least.knovvu", 1.4),
    Goal("client_cpu_over_aiohttp.vivoka", 1.2),
    Goal("client_cpu_over_aiohttp.knovvu", 1.3),
    Goal("concurrency.cpu_over_least", 1.1),
    Goal("concurrency.p95_over_least", 1.15),
    *(
        Goal(f"first_over_usual.{service}.{what}", 1.3)
        for service in SERVICES
        for what in ("start", "silence")
    ),
    Goal("slow.overhead_over_wyoming.vivoka", 1.0),
    Goal("slow.overhead_over_wyoming.knovvu", 0.75),
    *(Goal(f"slow.gaps.{service}", 0) for service in SERVICES),
    *(Goal(f"real_time.gaps.{service}.{count}", 0) for service in SERVICES for count in TOGETHER),
    Goal("start.over_wyoming", 1.2),
    *(Goal(f"llm_speedup.{service}", 8, at_least=True) for service in SERVICES),
    *(Goal(f"gaps.{service}", 0) for service in SERVICES),
    *(Goal(f"tool_call.{service}", 0.5 + FIRST_AUDIO_LATENCY) for service in SERVICES),
    *(Goal(f"trace_over_cpu.{service}", 0.02) for service in SERVICES),
    Goal("text_scaling", 12),
    Goal("text_scaling.longest_block_ms", 20),
    Goal("memory_per_stream_kib", 256),
    Goal("volume_ms_per_audio_second", 1.0),
    Goal("pronunciations.500_over_5", 1.5),
    Goal("pronunciations.ms_per_sentence", 0.5),
)

_RATIOS = (
    ("overhead_over_{other}.{service}", "overhead_ms.{}.wav"),
    ("cpu_over_{other}.{service}", "cpu_per_audio_second.{}"),
    ("slow.overhead_over_{other}.{service}", "slow.overhead_ms.{}.wav"),
)


def derived(figures: Figures) -> Figures:
    """Return the ratios that the goals are about."""
    ratios = {}
    for service in SERVICES:
        for name, figure in (("mp3_over_wav_ms", "overhead_ms.{}"), ("mp3_behind_wav_ms", "ttfa_ms.{}.rtt0")):
            wav, mp3 = (figures[f"{figure.format(service)}.{kind}"] for kind in ("wav", "mp3"))
            ratios[f"{name}.{service}"] = mp3 - wav
        traced, spent = (figures[f"{figure}_per_audio_second.{service}"] for figure in ("trace_us", "cpu"))
        ratios[f"trace_over_cpu.{service}"] = traced / 1000 / spent
        for other in ("wyoming", "memory"):
            for ratio, figure in _RATIOS:
                name = ratio.format(other=other, service=service)
                ratios[name] = figures[figure.format(service)] / figures[figure.format(other)]
    for figure in ("cpu", "p95"):
        ours, wyoming = (figures[f"concurrency.{name}{figure}_ms"] for name in ("", "wyoming."))
        ratios[f"concurrency.{figure}_over_wyoming"] = ours / wyoming
    dearest = max(figures[f"cpu_per_audio_second.{service}"] for service in SERVICES)
    ratios["cpu_over_floor"] = dearest / figures["cpu_per_audio_second.floor"]
    return ratios


def table(figures: Figures) -> tuple[str, int]:
    """Return all figures as the tables of the README, and how many goals were missed."""
    width = max(map(len, figures))
    lines = [f"| {'figure':{width}} | {'value':>10} | {'goal':>8} |     |"]
    lines.append(f"|{'-' * (width + 2)}|{'-' * 11}:|{'-' * 9}:|-----|")
    missed = 0
    for goal in GOALS:
        value = figures[goal.figure]
        missed += not goal.is_reached(value)
        mark = "yes" if goal.is_reached(value) else "no"
        lines.append(f"| {goal.figure:{width}} | {value:10.3f} | {goal!s:>8} | {mark:3} |")
    lines += ["", "And, of those without a goal:", "", f"| {'figure':{width}} | {'value':>10} |"]
    lines.append(f"|{'-' * (width + 2)}|{'-' * 11}:|")
    others = sorted(figures.keys() - {goal.figure for goal in GOALS})
    lines += [f"| {name:{width}} | {figures[name]:10.3f} |" for name in others]
    return "\n".join(lines), missed
