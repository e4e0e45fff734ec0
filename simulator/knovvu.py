"""Simulation of Knovvu TTS."""

import asyncio
from contextlib import aclosing
import json
import secrets
from time import monotonic

from aiohttp import WSMsgType, web

from .engine import CutOffError, Engine, Request, encoded, meanwhile, wav_header
from .voices import SimulatedVoice

_CHATTER = ('{"message-name":"synthesis-started"}', '{"message-name":"marks"}')
_LIST = "/v1/speech/synthesis/voices/"
_END_OF_FLUSH = "synthesis-completed"
_RANGES = {"volume": (0.0, 2.0), "rate": (0.33, 3.0), "sample-rate": (8000.0, 48000.0)}
_TRUE = ("true", "yes", "1")
_GRANT = {"grant_type": "client_credentials", "scope": "Ldm_Integration"}


def routes(engine: Engine) -> list[web.RouteDef]:
    """Return the routes of the service, including that for tokens."""
    service = Knovvu(engine)
    return [
        *(web.get(path, engine.route("voices", service.voices)) for path in (_LIST, _LIST.rstrip("/"))),
        web.get("/synthesizer", engine.route("socket", service.socket)),
        web.post("/connect/token", engine.route("token", service.token)),
    ]


class Knovvu:
    """The simulated service, with one conversation on each socket."""

    def __init__(self, engine: Engine) -> None:
        """Initialize the service with the engine, whose habits it follows."""
        self._engine = engine

    async def token(self, request: web.Request) -> web.Response:
        """Respond with an access token for a client ID and secret."""
        form = await request.post()
        if (form.get("client_id"), form.get("client_secret")) != self._engine.client:
            return web.json_response({"error": "invalid_client"}, status=400)
        if any(form.get(key) != value for key, value in _GRANT.items()):
            return web.json_response({"error": "invalid_request"}, status=400)
        token = f"SECRET-{secrets.token_hex(8)}"
        self._engine.issued.add(token)
        return web.json_response(
            {"access_token": token, "expires_in": self._engine.expires_in, "token_type": "Bearer"}
        )

    async def voices(self, request: web.Request) -> web.Response:
        """Respond with the voices, in the format that the habits define."""
        if not self._engine.is_authorized(request.headers.get("Authorization")):
            raise web.HTTPUnauthorized
        wanted = request.query
        voices = [
            voice
            for voice in self._engine.knovvu_voices.values()
            if wanted.get("language", voice.language) == voice.language
            and wanted.get("gender", voice.gender) == voice.gender
        ]
        habit = self._engine.habits.knovvu.voices
        if habit == "missing" or request.path.endswith("/") is self._engine.habits.knovvu.no_slash:
            raise web.HTTPNotFound
        return web.json_response(voice_lists(voices)[habit])

    async def socket(self, request: web.Request) -> web.StreamResponse:
        """Handle one WebSocket."""
        by_status = self._engine.habits.busy_as == "status"
        if by_status and not self._engine.take_channel():
            return self._engine.busy()

        async def converse(socket: web.WebSocketResponse) -> None:
            conversation = _Conversation(self._engine, request, socket)
            if not by_status and not self._engine.take_channel():
                # Not before the client has sent its first message.
                await socket.receive()
                await self._engine.say_busy(socket, conversation.error)
                return
            try:
                await conversation.run()
            finally:
                self._engine.release_channel()

        return await self._engine.socket(request, converse)


def voice_lists(voices: list[SimulatedVoice]) -> dict[str, object]:
    """Return the list of voices in every shape, by habit."""
    vendors = [{"Gender": voice.gender, "Name": voice.id, "Language": voice.language} for voice in voices]
    return {
        "vendor": _envelope(vendors),
        "camel": _in_camel_case(_envelope(vendors)),
        "unstated": _envelope([{"Gender": voice.gender, "Name": voice.id} for voice in voices]),
        "empty": _envelope([]),
        "refused": _envelope(None, "The license is not valid", "Invalid-License"),
    }


def _envelope(voices: object, words: str | None = None, code: str | None = None) -> dict[str, object]:
    """Return a response in the format of the vendor's own client."""
    return {
        "Voices": voices,
        "Count": len(voices) if isinstance(voices, list) else 0,
        "Success": code is None,
        "ErrorMessage": words,
        "ErrorCode": code,
        "MoreInfo": None,
    }


def _in_camel_case(value: object) -> object:
    if isinstance(value, list):
        return [_in_camel_case(item) for item in value]
    if isinstance(value, dict):
        return {key[0].lower() + key[1:]: _in_camel_case(item) for key, item in value.items()}
    return value


class _RefusedError(Exception):
    """A message violates the protocol; code is the corresponding HTTP status."""

    def __init__(self, words: str, code: int = 400) -> None:
        super().__init__(words)
        self.code = code


def _parse(text: str) -> dict[str, str]:
    """Parse a message. Raises _RefusedError if it is not one, or has a value that is not a string."""
    try:
        message = json.loads(text)
    except ValueError:
        raise _RefusedError("a message must be JSON") from None
    if not isinstance(message, dict) or not all(isinstance(value, str) for value in message.values()):
        raise _RefusedError("a message must be an object, and all values strings")
    return message


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise _RefusedError(f"{text!r} is no number") from None


class _Conversation:
    """One utterance: receives messages and sends speech at the same time."""

    def __init__(self, engine: Engine, request: web.Request, socket: web.WebSocketResponse) -> None:
        self._engine = engine
        self._habits = engine.habits.knovvu
        self._request = request
        self._socket = socket
        self._speech = Request("knovvu")
        self._speech.connected = self._speech.started
        self._unflushed = ""
        self._flushed: asyncio.Queue[str | None] = asyncio.Queue()
        self._headed = False

    async def run(self) -> None:
        """Read until the client disconnects or is refused."""
        try:
            async with meanwhile(self._speak()):
                if await self._begins():
                    async for message in self._socket:
                        if message.type is WSMsgType.TEXT and not await self._take(message.data):
                            break
        except TimeoutError:
            pass
        except _RefusedError as err:
            await self.error(str(err), err.code)
        finally:
            self._speech.ended = monotonic()
        await self._socket.close()

    async def _begins(self) -> bool:
        """Read the first message; return whether the conversation goes on. Raises TimeoutError."""
        message = await self._socket.receive(self._habits.idle_limit)
        return message.type is WSMsgType.TEXT and await self._take(message.data)

    async def _take(self, text: str) -> bool:
        """Do what a message says; return whether the conversation goes on."""
        is_first = not self._speech.messages
        goes_on = self._read(text)
        for name in self._habits.says if is_first else ():
            await self._socket.send_str(json.dumps({"message-name": name}))
        return goes_on

    def _read(self, text: str) -> bool:
        """Handle a message; return whether the conversation continues."""
        message = _parse(text)
        name = message.get("message-name", "")
        self._speech.messages.append(name)
        if (name == "synthesize") == bool(self._speech.voice):
            raise _RefusedError("the first message must be synthesize, and no other")
        match name:
            case "synthesize":
                self._begin(message)
            case "add-tts-text":
                self._unflushed += message.get("text", "")
                if message.get("flush") in _TRUE:
                    self._flush()
            case "flush":
                self._flush()
            case "finalize-synthesis":
                if self._habits.finalize_drops:
                    return False
                self._flushed.put_nowait(None)
            case "stop":
                return self._habits.ignores_stop
            case _:
                raise _RefusedError(f"unknown message {name}")
        return True

    def _begin(self, message: dict[str, str]) -> None:
        speech = self._speech
        speech.authorization = message.get("Authorization")
        if not self._is_authorized(speech.authorization):
            raise _RefusedError("Unauthorized", 401)
        if message.get("voice-name") not in self._engine.knovvu_voices:
            raise _RefusedError("Voice not found", 404)
        if message.get("audio-format") != "pcm":
            raise _RefusedError("unsupported audio format")
        for key, (minimum, maximum) in _RANGES.items():
            if not minimum <= _number(message.get(key, "")) <= maximum:
                raise _RefusedError(f"{key} is out of range")
        speech.voice = message["voice-name"]
        speech.rate, speech.volume = float(message["rate"]), float(message["volume"])
        speech.sample_rate = self._habits.other_rate or int(float(message["sample-rate"]))
        self._engine.requests.append(speech)

    def _is_authorized(self, authorization: str | None) -> bool:
        if self._engine.habits.token is None:
            return True
        has_prefix = (authorization or "").startswith("Bearer ")
        if self._habits.bearer not in (None, has_prefix):
            return False
        return self._engine.is_token((authorization or "").removeprefix("Bearer "))

    def _flush(self) -> None:
        if not self._unflushed:
            return
        self._speech.first_text = self._speech.first_text or monotonic()
        self._speech.texts.append(self._unflushed)
        self._flushed.put_nowait(self._unflushed)
        self._unflushed = ""

    async def _speak(self) -> None:
        """Speak the flushed texts in order."""
        try:
            while (text := await self._next_text()) is not None:
                await self._speak_text(text)
            if self._habits.end == "close":
                await self._socket.close()
            elif not self._habits.end_each_flush:
                await self._send_end()
        except CutOffError:
            await self._engine.cut_off(self._request, self._socket, self.error)
        except ConnectionError:
            return

    async def _next_text(self) -> str | None:
        """Return the next text, or None at the end. Raises ConnectionError if the session ends before."""
        limit = self._habits.quiet_limit if self._speech.spoken else None
        try:
            async with asyncio.timeout(limit):
                return await self._flushed.get()
        except TimeoutError:
            await self.error("the session was idle for too long", 408)
            await self._socket.close(code=1008)
            raise ConnectionError from None

    async def _speak_text(self, text: str) -> None:
        async with aclosing(self._engine.chunks(self._speech, text)) as chunks:
            async for chunk in chunks:
                if self._headed or self._habits.wav_header == "none":
                    await self._send(chunk)
                else:
                    self._headed = True
                    await self._send_headed(chunk)
        if self._habits.end_each_flush:
            await self._send_end()

    async def _send_end(self) -> None:
        if self._habits.end:
            name = _END_OF_FLUSH if self._habits.end == "close" else self._habits.end
            await self._say({"message-name": name})

    async def _say(self, message: dict[str, object]) -> None:
        await self._socket.send_str(
            json.dumps({"event": {"data": message}} if self._habits.nested else message)
        )

    async def _send_headed(self, chunk: bytes) -> None:
        """Send a WAV header and the first audio."""
        header = wav_header(self._speech.sample_rate, listed=self._habits.wav_header == "list")
        if self._habits.wav_header == "joined":
            await self._send(header + chunk)
            return
        await self._send(header)
        await self._send(chunk)

    async def _send(self, data: bytes) -> None:
        if self._habits.chatter:
            for text in _CHATTER:
                await self._socket.send_str(text)
        if self._habits.audio == "binary":
            await self._socket.send_bytes(data)
        else:
            audio = self._habits.prefix + encoded(data, padded=self._engine.habits.padded)
            await self._say({"message-name": "audio", self._habits.audio: audio})

    async def error(self, error: object, code: int = 500) -> None:
        message: dict[str, object]
        match self._habits.error_as:
            case "name":
                message = {"message-name": "synthesis-error", "message": error}
            case "object":
                message = {"message-name": "synthesis", "error": {"message": error, "code": code}}
            case "error-code":
                message = {"error-code": str(code), "error-message": error}
            case key:
                message = {key: error}
        await self._say(message)
