"""The table of all faults; python -m tests.faults.table prints it for the README.md in this folder."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from simulator import Cut
from tests.services import KINDS, SERVICES, Ability

HEARD = 3000
"""Bytes of audio before a fault in mid-audio."""
BEFORE_AUDIO = "for 4 s"
RESUMED = "for 15 s"
FOR_A_CHANNEL = "for 20 s"
# Enough that the response to a handshake, or to a POST, is cut in the middle.
_IN_THE_HEAD = 40


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault and its effect for the user: the translation key of an error, or None for none."""

    name: str
    error: str | None
    habits: Mapping[str, Any] = field(default_factory=dict)
    """Habits of both services in the simulator."""
    own: Mapping[str, Any] = field(default_factory=dict)
    """Habits of the individual service."""
    line: Mapping[str, Any] = field(default_factory=dict)
    """Settings of the proxy in between."""
    kinds: tuple[str, ...] = tuple(KINDS)
    needs: tuple[Ability, ...] = ()
    tries: int | str = 1
    """Number of attempts, or how long they are made."""
    heard: bool = False
    """Whether a part of the audio comes, before the error if there is one."""

    def can_happen_to(self, kind: str) -> bool:
        """Return whether a service can have it."""
        return kind in self.kinds and SERVICES[kind].cannot.isdisjoint(self.needs)


def _status(status: int, error: str, tries: int | str = 1) -> tuple[Fault, ...]:
    what = "a web page instead of JSON" if status == 200 else f"status {status}"
    found = "voice_not_found" if status == 404 else error
    return (
        Fault(
            f"{what} for the text",
            found,
            {"statuses": {"synthesize": status}},
            kinds=("vivoka",),
            tries=tries,
        ),
        Fault(
            f"{what} for the WebSocket",
            "cannot_connect" if status == 404 else error,
            {"statuses": {"socket": status}},
            kinds=("vivoka",),
            tries=BEFORE_AUDIO if status == 404 else tries,
        ),
        Fault(
            f"{what} for the WebSocket",
            error,
            {"statuses": {"socket": status}},
            kinds=("knovvu",),
            tries=tries,
        ),
    )


_CODES = (1001, 1002, 1003, 1006, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 1015, 3000, 4000, 4999)
_TRY_AGAIN_LATER = 1013
_SENDABLE = tuple(code for code in _CODES if code not in (1006, 1010, 1015))

FAULTS: tuple[Fault, ...] = (
    Fault("no fault", None),
    *_status(401, "invalid_auth"),
    *_status(403, "invalid_auth"),
    *_status(404, "protocol_error"),
    *_status(429, "busy", tries=FOR_A_CHANNEL),
    *_status(500, "cannot_connect", tries=BEFORE_AUDIO),
    *_status(503, "busy", tries=FOR_A_CHANNEL),
    *_status(200, "protocol_error"),
    Fault(
        "no token in the response",
        "protocol_error",
        {"statuses": {"synthesize": 200}, "bodies": {"synthesize": {"sample_rate": 22050}}},
        kinds=("vivoka",),
    ),
    Fault("the token for the audio has expired", None, own={"expired_tokens": 1}, kinds=("vivoka",), tries=2),
    Fault(
        "all tokens have expired",
        "cannot_connect",
        own={"expired_tokens": 99},
        kinds=("vivoka",),
        tries=BEFORE_AUDIO,
    ),
    Fault("an invalid sample rate", "protocol_error", own={"sample_rate": 7}, kinds=("vivoka",)),
    # The socket is closed
    Fault(
        "closed with 1000 before audio",
        "no_audio",
        {"cut": Cut(0, "close")},
        needs=("websocket",),
        tries=2,
    ),
    *(
        Fault(
            f"closed with {code} before audio",
            "cannot_connect",
            {"cut": Cut(0, "close", code)},
            tries=BEFORE_AUDIO,
        )
        for code in _SENDABLE
        if code != _TRY_AGAIN_LATER
    ),
    Fault(
        "closed with 1013 before audio",
        "busy",
        {"cut": Cut(0, "close", _TRY_AGAIN_LATER)},
        needs=("websocket",),
        tries=FOR_A_CHANNEL,
    ),
    Fault(
        "closed with 1013 before audio, twice",
        None,
        {"cut": Cut(0, "close", _TRY_AGAIN_LATER), "failures": 2},
        needs=("websocket",),
        tries=3,
    ),
    Fault("all channels are taken", "busy", {"channels": 0}, tries=FOR_A_CHANNEL),
    Fault(
        "closed with 1011 before audio, once", None, {"cut": Cut(0, "close", 1011), "failures": 1}, tries=2
    ),
    *(
        Fault(
            f"closed with {code} in mid-audio",
            "busy" if code == _TRY_AGAIN_LATER else "cannot_connect",
            {"cut": Cut(HEARD, "close", code)},
            needs=("websocket",),
            tries=FOR_A_CHANNEL if code == _TRY_AGAIN_LATER else RESUMED,
            heard=True,
        )
        for code in _SENDABLE
    ),
    *(
        Fault(
            f"closed with {code} in mid-audio, once",
            None,
            {"cut": Cut(HEARD, "close", code), "failures": 1},
            needs=("websocket",),
            tries=2,
        )
        for code in (1001, 1011, _TRY_AGAIN_LATER)
    ),
    Fault(
        "closed with 1000 in mid-audio, at the same place twice",
        None,
        {"cut": Cut(HEARD, "close")},
        kinds=("knovvu",),
        tries=2,
        heard=True,
    ),
    Fault(
        "closed with 1000 in mid-audio, once",
        None,
        {"cut": Cut(HEARD, "close"), "failures": 1},
        kinds=("knovvu",),
        tries=2,
    ),
    # The connection is torn down by the service
    Fault("reset before audio", "cannot_connect", {"cut": Cut(0, "abort")}, tries=BEFORE_AUDIO),
    Fault("reset before audio, once", None, {"cut": Cut(0, "abort"), "failures": 1}, tries=2),
    Fault("reset in mid-audio", "cannot_connect", {"cut": Cut(HEARD, "abort")}, tries=RESUMED, heard=True),
    Fault("reset in mid-audio, once", None, {"cut": Cut(HEARD, "abort"), "failures": 1}, tries=2),
    # The link between service and integration
    Fault("the link is slow", None, line={"delay": 0.05}),
    Fault("the link sends the first bytes one by one", None, line={"drip": 2000}),
    Fault("the link closes at once", "cannot_connect", line={"how": "close"}, tries=BEFORE_AUDIO),
    Fault("the link closes at once, the first time", None, line={"how": "close", "failures": 1}, tries=2),
    Fault("the link resets at once", "cannot_connect", line={"how": "reset"}, tries=BEFORE_AUDIO),
    Fault(
        "the link closes in the first answer",
        "cannot_connect",
        line={"how": "close", "after": _IN_THE_HEAD},
        tries=BEFORE_AUDIO,
    ),
    Fault(
        "the link resets in the first answer",
        "cannot_connect",
        line={"how": "reset", "after": _IN_THE_HEAD},
        tries=BEFORE_AUDIO,
    ),
    *(
        Fault(
            f"the link {how}s in mid-audio",
            "cannot_connect",
            line={"how": how, "after": 9000},
            tries=RESUMED,
            heard=True,
        )
        for how in ("reset", "close")
    ),
    *(
        Fault(
            f"the link {how}s in mid-audio, the first time",
            None,
            line={"how": how, "after": 9000, "failures": 1},
            tries=2,
        )
        for how in ("reset", "close", "stall")
    ),
    Fault("the link stalls at once", "timeout", line={"how": "stall"}),
    Fault("the link stalls in the first answer", "timeout", line={"how": "stall", "after": _IN_THE_HEAD}),
    Fault(
        "the link stalls in mid-audio",
        "timeout",
        line={"how": "stall", "after": 9000},
        tries=RESUMED,
        heard=True,
    ),
    # The service stops responding
    Fault("silence before the token", "timeout", own={"answer_latency": 5.0}, kinds=("vivoka",)),
    Fault("silence before audio", "timeout", {"cut": Cut(0, "stall")}),
    Fault("silence in mid-audio", "timeout", {"cut": Cut(HEARD, "stall")}, tries=RESUMED, heard=True),
    Fault("silence in mid-audio, once", None, {"cut": Cut(HEARD, "stall"), "failures": 1}, tries=2),
    # The service reports an error
    *(
        Fault(
            f"error message as {what} {when}",
            "synthesis_failed",
            {"cut": Cut(after, "error", error=error)},
            needs=("websocket",) if after else (),
            tries=RESUMED if after else 1,
            heard=bool(after),
        )
        for what, error in (
            ("text", "too long"),
            ("object", {"message": "too long", "code": 7}),
        )
        for when, after in (("before audio", 0), ("in mid-audio", HEARD))
    ),
    # Unexpected or unusual responses
    Fault(
        "events, status messages, and unknown messages",
        None,
        own={"chatter": True},
        needs=("websocket",),
    ),
    Fault("invalid base64", "protocol_error", own={"prefix": "data:audio/pcm;base64,!"}, kinds=("vivoka",)),
    Fault("invalid base64", "protocol_error", own={"audio": "audio", "prefix": "!"}, kinds=("knovvu",)),
    Fault(
        "audio of a type that cannot be played",
        "protocol_error",
        own={"prefix": "data:audio/mpeg;base64,"},
        kinds=("vivoka",),
    ),
    Fault("warnings in mid-audio", None, own={"warns": True}, kinds=("vivoka",)),
    Fault("samples split between messages", None, {"chunk_size": 333}),
    Fault("a few bytes in each message", None, {"chunk_size": 31}),
    Fault("all audio in one message", None, own={"one_frame": True}, kinds=("vivoka",)),
    Fault("audio without end", "protocol_error", {"endless": True}, heard=True),
    Fault("no audio", "no_audio", {"no_audio": True}, tries=2),
    Fault(
        "a WAV header with another sample rate",
        None,
        own={"wav_header": "plain", "other_rate": 16000},
        kinds=("knovvu",),
    ),
    Fault("neither an end nor a close", None, own={"end": ""}, kinds=("knovvu",)),
    Fault(
        "finalize-synthesis drops the audio", None, own={"finalize_drops": True}, kinds=("knovvu",), tries=2
    ),
)


_TRIES = {1: "once", 2: "twice", 3: "three times"}


def _result(fault: Fault) -> str:
    if fault.error:
        return f"error `{fault.error}`{', after the audio so far' if fault.heard else ''}"
    return "the audio so far, which is not kept" if fault.heard else "complete speech"


def rows() -> list[str]:
    """Return the table as Markdown."""
    lines = ["| Fault | Service | Result for the user | Attempts |", "|---|---|---|---|"]
    for fault in FAULTS:
        service = "all" if fault.kinds == tuple(KINDS) else fault.kinds[0].title()
        tries = _TRIES[fault.tries] if isinstance(fault.tries, int) else fault.tries
        lines.append(f"| {fault.name} | {service} | {_result(fault)} | {tries} |")
    return lines


if __name__ == "__main__":
    print("\n".join(rows()))  # noqa: T201
