"""Habits that imitate a server, from the report of a probe."""

from collections.abc import Mapping
from typing import Any

from probe.report import FORMAT
from probe.shape import Shapes

from . import knovvu, vivoka
from .habits import Habits, KnovvuHabits, VivokaHabits
from .voices import KNOVVU, VIVOKA

TOKEN = "token"  # noqa: S105 (a placeholder for the unknown original)
"""The access token that is required if the original server required one."""
_NO_LIMIT = 100
"""Multiple of real time from which the speed of a server is assumed to be unlimited."""
_END = ("complete", "completed", "done", "end", "ended", "finished", "finalized", "end-of-synthesis")
_ERRORS = {
    ("error", "message-name"): "object",
    ("message", "message-name"): "name",
    ("error-code", "error-message"): "error-code",
    ("error",): "error",
    ("error-message",): "error-message",
}
_ALWAYS: dict[str, dict[str, dict[str, object]]] = {
    "vivoka": {
        "unknown_voice": {"error": "NotFoundError", "status": 404},
        "empty_text": {"error": "SynthesisError", "status": 400},
        "token_again": {"error": "NotFoundError", "status": 404},
        "late_socket": {"answer": "audio"},
        "long_text": {"answer": "audio"},
    },
    "knovvu": {"separate_flush": {"answer": "audio"}},
}
"""Findings that apply to the simulator with any habits."""

type Found = Mapping[str, Mapping[str, Any]]


def habits_like(report: object) -> tuple[Habits, list[str]]:
    """Return the habits of the server of a report, and the questions whose answers cannot be imitated.

    Raises ValueError if this is not a report.
    """
    if not isinstance(report, Mapping) or report.get("format") != FORMAT:
        raise ValueError("not the report of a probe, or one of another version")
    kind, found, measured = (report.get(key) for key in ("service", "found", "measured"))
    if kind not in _ALWAYS or not isinstance(found, Mapping) or not isinstance(measured, Mapping):
        raise ValueError("not the report of a probe of one of these services")
    habits = Habits()
    missing = [question for question, usual in _ALWAYS[kind].items() if found.get(question, usual) != usual]
    if kind == "vivoka":
        _imitate_vivoka(habits.vivoka, found, missing)
    else:
        _imitate_knovvu(habits.knovvu, found, measured, missing)
    if not _can_speak_like(kind, found, report):
        missing.append("speech" if "speech" in found else "client")
    # If finalize cuts off the audio, the audio without it is more informative.
    figures = measured.get("speech") or measured.get("held_finalize", {})
    _imitate_speed(habits, found.get("speech", {}), figures)
    _imitate_channels(habits, found.get("at_once", {}), missing)
    if "bad_token" in found and found["bad_token"].get("answer") != "audio":
        habits.token = TOKEN
    habits.ignores_tags = found.get("ssml", {}).get("reads_tags_aloud") is False
    return habits, missing


def _can_speak_like(kind: str, found: Found, report: Mapping[str, Any]) -> bool:
    """Return whether the simulator can send audio, and end it, as the original does."""
    if "speech" not in found:
        return report.get("works") is not False
    speech = found["speech"]
    if speech.get("end") in ("broken off", "endless"):
        return False
    if kind == "vivoka":
        return speech.get("audio_in") == ["data"] and not speech.get("wav_header")
    return bool(speech.get("audio_in") or found.get("held_finalize", {}).get("finalize_cuts_off"))


def _imitate_vivoka(habits: VivokaHabits, found: Found, missing: list[str]) -> None:
    _imitate_list(habits, vivoka.voice_lists(VIVOKA), found, missing)
    speech = found.get("speech", {})
    habits.sample_rate = speech.get("sample_rate") or habits.sample_rate
    habits.rate_as = {"text": "string", "missing": "missing"}.get(speech.get("rate_as", ""), "number")  # type: ignore[assignment]
    if not speech.get("says_last", True):
        habits.end = "close"
    elif speech.get("last_is_empty"):
        habits.end = "empty"
    habits.stays_open = speech.get("end") == "quiet"
    habits.one_frame = bool(speech.get("one_frame"))
    habits.prefix = habits.prefix if speech.get("data_url", True) else ""
    habits.says = tuple(speech.get("messages", ()))


def _imitate_knovvu(habits: KnovvuHabits, found: Found, measured: Found, missing: list[str]) -> None:
    _imitate_list(habits, knovvu.voice_lists(list(KNOVVU.values())), found, missing)
    speech = found.get("speech", {})
    forms = found.get("token_forms", {})
    if "bare" in forms and forms["bare"] != forms["bearer"]:
        habits.bearer = forms["bearer"] == "audio"
    carriers = set(speech.get("audio_in", ())) - {"binary"}
    if carriers:
        habits.audio = carriers.pop()
        habits.prefix = "data:audio/pcm;base64," if speech.get("data_url") else ""
    if rate := speech.get("wav_header"):
        habits.wav_header = "joined"
        heeded = found.get("sample_rate", {}).get("wav_header")
        habits.other_rate = rate if heeded == rate else None
    if speech.get("empty_audio"):
        missing.append("speech")
    habits.finalize_drops = bool(found.get("held_finalize", {}).get("finalize_cuts_off"))
    _imitate_end(habits, found)
    rate = found.get("sample_rate", {})
    if rate.get("heeded") is False and not rate.get("wav_header"):
        missing.append("sample_rate")
    keys = tuple(found.get("unknown_voice", {}).get("error_keys", ()))
    habits.error_as = _ERRORS.get(keys, habits.error_as)  # type: ignore[assignment]
    if keys not in _ERRORS or found["unknown_voice"]["answer"] != "VoiceNotFoundError":
        missing.append("unknown_voice")
    habits.ignores_stop = found.get("long_text", {}).get("stop") == "goes on"
    if found.get("idle", {}).get("idle", "").startswith("closed"):
        habits.idle_limit = measured["idle"]["after"]


def _imitate_end(habits: KnovvuHabits, found: Found) -> None:
    """Announce the end as the original does; if finalize cuts off the audio, as it does without."""
    speech = found.get("held_finalize" if habits.finalize_drops else "speech", {})
    counted = found.get("two_flushes", {}).get("messages", [])
    named = [text.rpartition(" x ")[0] for text in counted]
    names = dict.fromkeys([*found.get("speech", {}).get("messages", []), *named])
    ends = [name for name in names if name.casefold().endswith(_END)]
    habits.says = tuple(name for name in names if name not in ends)
    habits.end_each_flush = any(
        text.startswith(end) and text.endswith(" x 2") for text in counted for end in ends
    )
    if str(speech.get("end", "closed")).startswith("closed"):
        habits.end = "close"
    else:
        habits.end = ends[0] if ends else ""


def _imitate_list(
    habits: VivokaHabits | KnovvuHabits, lists: Mapping[str, object], found: Found, missing: list[str]
) -> None:
    voices = found.get("voices", {})
    shapes = {Shapes().of_list(payload): habit for habit, payload in reversed(list(lists.items()))}
    if voices.get("status") == 404:
        habits.voices = "missing"
    elif voices.get("shape") in shapes:
        habits.voices = shapes[voices["shape"]]  # type: ignore[assignment]
    elif voices:
        missing.append("voices")


def _imitate_speed(habits: Habits, speech: Mapping[str, Any], measured: Mapping[str, Any]) -> None:
    habits.first_audio_latency = measured.get("first_audio", 0.0)
    speed = measured.get("times_real_time", 0.0)
    habits.speed = speed if speed < _NO_LIMIT else 0.0
    habits.chunk_size = measured.get("frame_bytes") or habits.chunk_size
    if speech.get("half_samples") and habits.chunk_size % 2 == 0:
        habits.chunk_size += 1


def _imitate_channels(habits: Habits, at_once: Mapping[str, Any], missing: list[str]) -> None:
    refusal = at_once.get("refusal")
    if not refusal:
        return
    habits.channels = int(at_once["channels"])
    kind, _, code = refusal.partition(" ")
    if kind == "BusyError":
        habits.busy_as = "status" if code else "error"
        habits.busy_status = int(code or habits.busy_status)
    elif refusal == "closed 1013":
        habits.busy_as = "close"
    else:
        missing.append("at_once")
