"""Messages of Knovvu TTS."""

from collections.abc import Mapping
import re

from ..audio.pcm import decode_base64
from ..models import VoiceSettings
from ..transport.errors import NAME_KEY
from ..transport.websocket import read_message

# In the form of comparable().
_NAME_KEYS = (NAME_KEY, "event", "name", "type")
# What is shorter may be a word, an identifier or a number; as audio it would be a few milliseconds.
_AUDIO = re.compile(r"\s*+(?:data:|[\w+/-]++={1,2}$|[\w+/\r\n-]{65,}+=*+\s*+$)", re.ASCII | re.IGNORECASE)
# "add-tts-text" is ours, and may be confirmed; chunks are parts of an answer.
_SPOKEN = r"(?:synthesi[sz]e?r?|speech|utterance|(?:audio|\btts)(?!.?(?:text|chunk)))"
_END = re.compile(
    # Words of their own, or in camel case: "append" and "incomplete" are no ends.
    rf"(?i:{_SPOKEN})(?:.{{0,40}}(?:[-_. ]|(?<=[a-z])(?=[A-Z])))?"
    rf"(?i:completed?|done|end|ended|finish|finished|finalized)$|(?i:end[-_. ]?of[-_. ]?{_SPOKEN})$"
)


type Message = Mapping[str, str]


def synthesize(settings: VoiceSettings, authorization: str) -> Message:
    """Return the first message, whose values are all strings; authorization may be empty."""
    message = {
        "message-name": "synthesize",
        "audio-format": "pcm",
        "voice-name": settings.voice,
        "sample-rate": str(settings.sample_rate),
        "volume": str(float(settings.volume)),
        "rate": str(float(settings.rate)),
    }
    if authorization:
        message["Authorization"] = authorization
    return message


STOP: Message = {"message-name": "stop"}
"""Cancels the speech."""
FINALIZE: Message = {"message-name": "finalize-synthesis"}
"""Marks the end of the text."""


def add_text(text: str) -> Message:
    """Return the message with a segment of the text, to be spoken immediately."""
    return {"message-name": "add-tts-text", "text": text, "flush": "true"}


def parse(message: object) -> bytes | str:
    """Return the samples in the JSON of a frame, if any, or the name of an end message.

    That announces the end of the audio of one flush, or of the whole text. Raises the error that it reports.
    """
    reading = read_message(message)
    maybe = [data for data in reading.values("data") if isinstance(data, str) and _AUDIO.match(data)]
    for audio in (*reading.values("audio", "audiodata"), *maybe):
        if audio and isinstance(audio, str):
            return decode_base64(audio)
    return next(filter(_END.search, reading.words(*_NAME_KEYS)), b"")
