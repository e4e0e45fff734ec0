"""Every parser of what a service sends, and what must hold for any bytes: only a SpeechError comes out.

python -m robustness.frames TARGET [options of libFuzzer] has atheris look for bytes for which it does not.
"""

from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import suppress
import gc
import importlib
from itertools import product
from pathlib import Path
import sys
from tempfile import NamedTemporaryFile
from types import FunctionType

import orjson

from custom_components.websocket_tts.speech.audio import wav
from custom_components.websocket_tts.speech.audio.pcm import SAMPLE_WIDTH, PcmFormat
from custom_components.websocket_tts.speech.audio.samples import SampleStream
from custom_components.websocket_tts.speech.exceptions import SpeechError
from custom_components.websocket_tts.speech.knovvu import messages as knovvu_messages
from custom_components.websocket_tts.speech.languages import language_tag
from custom_components.websocket_tts.speech.limits import Limits
from custom_components.websocket_tts.speech.transport.http import parse_json
from custom_components.websocket_tts.speech.vivoka import messages as vivoka_messages
from custom_components.websocket_tts.speech.vivoka.client import VivokaClient
from custom_components.websocket_tts.speech.voices import parse_voices

type Target = Callable[[bytes], None]

_LIBRARY = wav.__name__.rpartition(".")[0].rpartition(".")[0]
_KEPT = Path(".hypothesis") / "atheris"
"""Where the corpora grow from run to run."""
_DEPTH = 100
"""Of what bytes stand for."""
_ID_KEYS = ("id", "name", "voicename")
_WORDS = (
    *("message-name", "audio", "data", "audio-data", "error", "error-message", "error-code", "last", "token"),
    *("event", "type", "type_string", "code", "Warning", "name", "speech-end", "data:audio/mpeg;base64,"),
    *("message", "detail", "sample_rate", "synthesis-completed", "finalized", "data:audio/pcm;base64,"),
    *(
        "Voices",
        "Success",
        "ErrorMessage",
        "result",
        "id",
        "name",
        "language",
        "RIFF",
        "WAVE",
        "fmt ",
        "LIST",
    ),
)
_JSON = (
    b'{"data":"AAE=","last":true}',
    b'{"data":"data:audio/pcm;base64,AAE=","last":false}',
    b'{"data":"DATA:audio/L16;rate=16000;base64,_-8","last":false}',
    b'{"data":"data:audio/mpeg;base64,SUQz"}',
    b'\xef\xbb\xbf{"data":"AA\\nE"}',
    b'{"error":{"type":"Warning","code":1,"message":"no"}}',
    b'{"event":{"data":{"error":{"code_string":"no","code":0}}}}',
    b'{"event":{"data":{"audio":"AAE="},"name":"EndOfSynthesis"}}',
    b'{"token":"a","sample_rate":22050}',
    b'{"token":1,"sample_rate":"1e4"}',
    b'{"error":{"message":"no","code":7}}',
    b'{"message-name":"audio","audio-data":"AAE="}',
    b'{"message-name":"synthesis-completed","error-code":0}',
    b'{"enu,evan,embedded-pro":{"name":"evan"},"x":null}',
    b'{"Voices":[{"Name":"a","Language":null}],"Success":false,"ErrorCode":"Invalid-License"}',
    b'{"voices":[{"Name":"Emily","Language":"en-US"},"Gul"]}',
    b"[1,[2],{}]",
    b"[" * 900 + b"]" * 900,
    b'{"error":' * 900 + b"1" + b"}" * 900,
)


def _built(steps: Iterator[int], depth: int = 0) -> object:
    """Return the JSON value that some bytes stand for: nearly all bytes are none themselves."""
    kind, count = next(steps, 0) % 8, next(steps, 0)
    built: object = None
    match kind:
        case 0:
            built = (None, True, False, "", {}, 0.5, -1, 1e300)[count % 8]
        case 1:
            built = count * 200
        case 2:
            built = _WORDS[count % len(_WORDS)]
        case 3:
            built = "".join(chr(next(steps, 0)) for _ in range(count % 16))
        case 4:
            built = b64encode(bytes(next(steps, 0) for _ in range(count % 16))).decode()
        case 5 if depth < _DEPTH:
            built = [_built(steps, depth + 1) for _ in range(count % 5)]
        case _ if depth < _DEPTH:
            keys = [_WORDS[next(steps, 0) % len(_WORDS)] for _ in range(count % 5)]
            built = {key: _built(steps, depth + 1) for key in keys}
    return built


def _payloads(data: bytes) -> Iterator[object]:
    """Yield what the bytes are as JSON, if they are, and what they stand for."""
    with suppress(orjson.JSONDecodeError):
        yield orjson.loads(data)
    yield _built(iter(data))


def _texts(data: bytes) -> Iterator[str]:
    """Yield the bytes as text, and what they stand for as JSON."""
    yield data.decode(errors="ignore")
    yield orjson.dumps(_built(iter(data))).decode()


def vivoka_frame(data: bytes) -> None:
    """Check that a text frame of Vivoka is samples, the end of them, or an error."""
    for text in _texts(data):
        with suppress(SpeechError):
            frame = vivoka_messages.Frame.parse(parse_json(text))
            assert type(frame.samples) is bytes
            assert type(frame.last) is bool


def vivoka_grant(data: bytes) -> None:
    """Check that a grant of Vivoka has a token and a possible rate, or is an error."""
    for payload in _payloads(data):
        with suppress(SpeechError):
            token, audio_format = vivoka_messages.parse_response(payload)
            assert token
            assert 4000 <= audio_format.sample_rate <= 384000


def knovvu_message(data: bytes) -> None:
    """Check that a text frame of Knovvu is one of the known messages, or an error."""
    for text in _texts(data):
        with suppress(SpeechError):
            message = knovvu_messages.parse(parse_json(text))
            assert isinstance(message, bytes | str)


def wav_header(data: bytes) -> None:
    """Check that what is behind a WAV header is the end of the bytes, however many have come."""
    with suppress(SpeechError):
        if (found := wav.split_header(data)) is None:
            return
        header, samples = found
        assert data.endswith(samples)
        assert header is None or (header.audio_format.sample_rate > 0 and header.size > 0)
        assert wav.split_header(data + b"\1\2") == (header, samples + b"\1\2")


def sample_stream(data: bytes) -> None:
    """Check that whole samples come out, no more than went in, and the same after a header that was cut."""
    size = data[0] % 50 + 1 if data else 1
    for parts in ([data], [data[start : start + size] for start in range(0, len(data), size)]):
        samples = SampleStream(PcmFormat(24000), Limits())
        with suppress(SpeechError):
            heard = [samples.add(part) or b"" for part in parts]
            assert all(len(part) % SAMPLE_WIDTH == 0 for part in heard)
            assert sum(map(len, heard)) <= len(data)
            assert samples.seconds >= 0


def voices(data: bytes) -> None:
    """Check that voices have an id each, no two the same, and texts for all else."""
    for payload, by_id in product(_payloads(data), (True, False)):
        with suppress(SpeechError):
            listed = parse_voices(payload, _ID_KEYS, by_id=by_id)
            assert len({voice.id for voice in listed}) == len(listed)
            for voice in listed:
                assert type(VivokaClient.voice(voice).name) is str
                assert language_tag(voice.language or "") != ""


TARGETS: dict[str, Target] = {
    target.__name__: target
    for target in (vivoka_frame, vivoka_grant, knovvu_message, wav_header, sample_stream, voices)
}


def seeds(name: str) -> list[bytes]:
    """Return what the search for a target begins with."""
    if name not in (wav_header.__name__, sample_stream.__name__):
        return list(_JSON)
    header = wav.header(PcmFormat(24000))
    listed = header[:36] + b"LIST\3\0\0\0abc\0" + header[36:]
    files = (header + b"\1\2", listed + b"\1\2", wav.header(PcmFormat(16000), 4) + b"\1\2\3\4LIST")
    return [b"", b"RIFF", b"\1\2\3\4", b"ID3\4", b"\xff\xfb\x90", header, *files]


def _instrument(patch: Callable[[FunctionType], object]) -> None:
    """Have every function of the library tell which way it goes."""
    for function in gc.get_objects():
        if isinstance(function, FunctionType) and (function.__module__ or "").startswith(_LIBRARY):
            patch(function)


def main() -> None:
    """Do what the command line says, until libFuzzer ends the process."""
    atheris = importlib.import_module("atheris")  # scripts/fuzz installs it, where it is asked for

    name, *options = sys.argv[1:]
    corpus = _KEPT / name
    corpus.mkdir(parents=True, exist_ok=True)
    for index, seed in enumerate(seeds(name)):
        (corpus / f"seed-{index}").write_bytes(seed)
    with NamedTemporaryFile("w", suffix=".dict") as dictionary:
        dictionary.writelines(f'"{word}"\n' for word in _WORDS)
        dictionary.flush()
        _instrument(atheris.instrument_func)
        own = [f"-dict={dictionary.name}", f"-artifact_prefix={_KEPT}/{name}-", "-print_final_stats=1"]
        atheris.Setup([sys.argv[0], *own, *options, str(corpus)], TARGETS[name])
        atheris.Fuzz()


if __name__ == "__main__":
    main()
