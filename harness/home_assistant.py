"""A real Home Assistant with this integration, controlled through its public interfaces."""

import asyncio
from collections.abc import AsyncGenerator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
import shutil
import sys
from time import monotonic
from typing import Any

import aiohttp
from yarl import URL

from .process import free_port, running

START_TIMEOUT = 300.0
"""Seconds until it must respond; the first start may install packages."""
USERNAME = "demo"
PASSWORD = "demo-password"  # noqa: S105 (of a Home Assistant that lives for minutes, on loopback)
WAV_HEADER_SIZE = 44
OURS = Path(__file__).parents[1] / "custom_components" / "websocket_tts"
_INSTALLED = "pymicro-vad,pyspeex-noise"
"""Packages that scripts/setup installed; without a compiler, in versions other than Assist requires."""
_CONFIGURATION = """
homeassistant:
  name: Home
  country: US
  internal_url: {url}
http:
  server_host: 127.0.0.1
  server_port: {port}
ffmpeg:
  ffmpeg_bin: {ffmpeg}
logger:
  default: warning
frontend:
config:
tts:
media_source:
"""
_ONBOARDING = """{
  "version": 4, "minor_version": 1, "key": "onboarding",
  "data": {"done": ["core_config", "analytics", "integration"]}
}"""
"""All that is left is the user: the step core_config would add integrations that need the internet."""


class HomeAssistantError(Exception):
    """A request to Home Assistant failed."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """Audio as a media player receives it; times are in seconds of the monotonic clock."""

    content_type: str
    data: bytes
    asked_at: float
    """When the speech was requested from Home Assistant."""
    opened_at: float
    """When the player opened the URL."""
    arrivals: list[tuple[float, int]]
    """Times at which data arrived, with the total number of bytes by then."""
    is_whole: bool = True
    """Whether it ended properly."""

    @property
    def first_audio_at(self) -> float:
        """Return when the first audio arrived; a WAV header does not count."""
        header = WAV_HEADER_SIZE if self.data.startswith(b"RIFF") else 0
        return next(when for when, size in self.arrivals if size > header)

    def ran_dry(self, sample_rate: int) -> float:
        """Return for how many seconds a player of this WAV in real time had nothing to play."""
        audio = [(when, size - WAV_HEADER_SIZE) for when, size in self.arrivals if size > WAV_HEADER_SIZE]
        return ran_dry(audio, 2 * sample_rate)

    @property
    def first_speech_at(self) -> float:
        """Return when the first audio other than silence arrived; any MP3 counts as speech."""
        if not self.data.startswith(b"RIFF"):
            return self.first_audio_at
        silence = len(self.data) - len(self.data[WAV_HEADER_SIZE:].lstrip(b"\0"))
        return next(when for when, size in self.arrivals if size > silence)

    @property
    def first_audio(self) -> float:
        """Return the seconds from opening the URL to the first audio."""
        return self.first_audio_at - self.opened_at


def ran_dry(arrivals: Iterable[tuple[float, int]], bytes_per_second: int) -> float:
    """Return for how many seconds a player in real time had nothing to play after the first audio.

    arrivals: times at which audio arrived, with the total number of bytes by then.
    """
    dry, ends, before = 0.0, None, 0
    for when, size in arrivals:
        ends = when if ends is None else ends
        dry += max(0.0, when - ends)
        ends = max(ends, when) + (size - before) / bytes_per_second
        before = size
    return dry


class HomeAssistant:
    """A running Home Assistant with a logged-in user."""

    def __init__(
        self, session: aiohttp.ClientSession, url: str, pid: int, before: HomeAssistant | None = None
    ) -> None:
        """Initialize for a Home Assistant that is starting, with the user of the one before."""
        self._session = session
        self.url = url
        self.pid = pid
        self.authorization: dict[str, str] = before.authorization if before else {}

    def cpu_seconds(self) -> float:
        """Return the CPU time of all threads of the process."""
        spent = Path(f"/proc/{self.pid}/task").glob("*/schedstat")
        return sum(int(file.read_text(encoding="utf-8").split()[0]) for file in spent) / 1e9

    def converters(self) -> int:
        """Return the number of its running ffmpeg processes."""
        found = 0
        for file in Path("/proc").glob("[0-9]*/stat"):
            with suppress(FileNotFoundError, ProcessLookupError):  # it has ended since it was listed
                # "number (name) state parent ..."; a name may contain anything.
                head, _, tail = file.read_text(encoding="utf-8").rpartition(")")
                found += "(ffmpeg" in head and tail.split()[1] == str(self.pid)
        return found

    def connections(self, port: int) -> int:
        """Return the number of its open connections to a port of the loopback address."""
        own = set()
        for entry in Path(f"/proc/{self.pid}/fd").iterdir():
            with suppress(FileNotFoundError):  # it has been closed since it was listed
                own.add(str(entry.readlink()))
        table = Path("/proc/net/tcp").read_text(encoding="ascii").splitlines()[1:]
        rows = (row.split() for row in table)
        # Columns: the remote address in hexadecimal, and the inode of the socket.
        return sum(row[2].endswith(f":{port:04X}") and f"socket:[{row[9]}]" in own for row in rows)

    async def call(
        self, method: str, path: str, json: object = None, data: Mapping[str, str] | None = None
    ) -> Any:  # noqa: ANN401 (JSON)
        """Return the JSON of a response. Raises HomeAssistantError for any status but success."""
        async with self._session.request(
            method, self.url + path, json=json, data=data, headers=self.authorization
        ) as response:
            if not response.ok:
                text = await response.text()
                raise HomeAssistantError(f"{method} {path}: status {response.status}: {text[:500]}")
            return await response.json()

    @asynccontextmanager
    async def connect(self) -> AsyncGenerator[aiohttp.ClientWebSocketResponse]:
        """Open and authenticate the WebSocket API; the first command has the ID 1."""
        async with self._session.ws_connect(f"{self.url}/api/websocket") as socket:
            await socket.receive_json()
            token = self.authorization["Authorization"].removeprefix("Bearer ")
            await socket.send_json({"type": "auth", "access_token": token})
            await socket.receive_json()
            yield socket

    async def command(self, **command: Any) -> Any:  # noqa: ANN401 (JSON)
        """Return the result of a command on the WebSocket. Raises HomeAssistantError if it fails."""
        async with self.connect() as socket:
            await socket.send_json({"id": 1, **command})
            answer = await socket.receive_json()
        if not answer["success"]:
            raise HomeAssistantError(f"{command['type']}: {answer['error']}")
        return answer["result"]

    async def wait_until_it_answers(self, process: asyncio.subprocess.Process) -> None:
        """Wait for its API. Raises HomeAssistantError if the process ends instead."""
        # The onboarding API is gone after the onboarding.
        path = "/api/config" if self.authorization else "/api/onboarding"
        async with asyncio.timeout(START_TIMEOUT):
            while process.returncode is None:
                try:
                    await self.call("GET", path)
                except aiohttp.ClientError, HomeAssistantError:
                    await asyncio.sleep(0.2)
                else:
                    return
        raise HomeAssistantError("Home Assistant ended instead of starting")

    async def wait_for(self, component: str) -> None:
        """Wait until a component is set up; the first time, packages may have to be installed."""
        async with asyncio.timeout(START_TIMEOUT):
            while component not in (await self.call("GET", "/api/config"))["components"]:
                await asyncio.sleep(0.2)

    async def wait_until_started(self) -> None:
        """Wait until the start is over; one that is ended before may not have written everything."""
        async with asyncio.timeout(START_TIMEOUT):
            while (await self.call("GET", "/api/config"))["state"] != "RUNNING":
                await asyncio.sleep(0.2)

    async def onboard(self) -> None:
        """Create a user, and log in."""
        client_id = f"{self.url}/"
        user = {"name": "Demo", "username": USERNAME, "password": PASSWORD, "language": "en"}
        made = await self.call("POST", "/api/onboarding/users", {"client_id": client_id, **user})
        code = {"client_id": client_id, "grant_type": "authorization_code", "code": made["auth_code"]}
        tokens = await self.call("POST", "/auth/token", data=code)
        self.authorization = {"Authorization": f"Bearer {tokens['access_token']}"}
        try:
            # Home Assistant 2026.11 reverts http: in the file after some minutes unless it is confirmed.
            await self.command(type="http/config/promote")
        except HomeAssistantError as err:
            if "unknown_command" not in str(err):
                raise
        else:
            # It also asks to remove it from the file, which older versions need.
            await self.wait_for("repairs")
            await self.command(
                type="repairs/ignore_issue", domain="http", issue_id="deprecated_yaml", ignore=True
            )

    async def add_entry(self, handler: str, *answers: Mapping[str, Any]) -> dict[str, Any]:
        """Complete a config flow with this input; return its entry."""
        path = "/api/config/config_entries/flow"
        result = await self.call("POST", path, {"handler": handler})
        for answer in answers:
            result = await self.call("POST", f"{path}/{result['flow_id']}", answer)
            if result.get("errors"):
                raise HomeAssistantError(f"the form {result['step_id']} says {result['errors']}")
        if result.get("step_id") == "listen":
            # From Home Assistant 2026.11 on, the voice can be listened to.
            result = await self.call("POST", f"{path}/{result['flow_id']}", {"next_step_id": "use_voice"})
        if result["type"] != "create_entry":
            raise HomeAssistantError(f"the config flow ended with {result['type']}")
        entry: dict[str, Any] = result["result"]
        return entry

    async def entity_of(self, entry: Mapping[str, Any], domain: str = "tts") -> str:
        """Return the ID of the text-to-speech entity of an entry, or of its entity in another domain."""
        for entity in await self.command(type="config/entity_registry/list"):
            entity_id = str(entity["entity_id"])
            if entity["config_entry_id"] == entry["entry_id"] and entity_id.startswith(f"{domain}."):
                await self.wait_for_state(entity_id)
                return entity_id
        raise HomeAssistantError(f"{entry['title']} has no entity")

    async def wait_until_loaded(self, entry_id: str) -> None:
        """Wait until an entry that is reloading is loaded again."""
        async with asyncio.timeout(START_TIMEOUT):
            while True:
                entries = await self.call("GET", "/api/config/config_entries/entry")
                if any(e["entry_id"] == entry_id and e["state"] == "loaded" for e in entries):
                    return
                await asyncio.sleep(0.1)

    async def wait_for_state(self, entity_id: str) -> None:
        """Wait until a registered entity has been added."""
        async with asyncio.timeout(START_TIMEOUT):
            while entity_id not in {state["entity_id"] for state in await self.call("GET", "/api/states")}:
                await asyncio.sleep(0.1)

    async def fetch_speech(self, entity_id: str, message: str, options: Mapping[str, Any]) -> Fetched:
        """Request speech and fetch the audio as a media player does.

        The audio is not stored, but speech of the last minutes comes from memory.
        """
        request = {"engine_id": entity_id, "message": message, "cache": False, "options": options}
        asked_at = monotonic()
        path = (await self.call("POST", "/api/tts_get_url", request))["path"]
        return await self.fetch_audio(path, asked_at)

    async def fetch_audio(self, path: str, asked_at: float, *, may_break_off: bool = False) -> Fetched:
        """Fetch audio like a media player. Raises HomeAssistantError if it is truncated, unless allowed."""
        opened_at, data = monotonic(), bytearray()
        arrivals: list[tuple[float, int]] = []
        is_whole = True
        async with self._session.get(self.url + path) as response:
            try:
                async for chunk in response.content.iter_any():
                    data += chunk
                    arrivals.append((monotonic(), len(data)))
            except aiohttp.ClientPayloadError as err:
                if not may_break_off:
                    raise HomeAssistantError(f"the audio broke off after {len(data)} bytes") from err
                is_whole = False
            if not response.ok:
                raise HomeAssistantError(f"no audio: status {response.status}")
            return Fetched(response.content_type, bytes(data), asked_at, opened_at, arrivals, is_whole)


def _configure(folder: Path, url: str, more: str, integrations: Iterable[Path]) -> None:
    """Write the configuration of a Home Assistant with these custom integrations."""
    components = folder / "custom_components"
    components.mkdir()
    for integration in integrations:
        (components / integration.name).symlink_to(integration)
    (folder / "configuration.yaml").write_text(
        _CONFIGURATION.format(url=url, port=URL(url).port, ffmpeg=shutil.which("ffmpeg")) + more,
        encoding="utf-8",
    )
    storage = folder / ".storage"
    storage.mkdir(exist_ok=True)
    (storage / "onboarding").write_text(_ONBOARDING, encoding="utf-8")


@asynccontextmanager
async def home_assistant(
    folder: Path,
    *,
    more: str = "",
    integrations: Iterable[Path] = (),
    ours: Iterable[Path] = (OURS,),
    program: Sequence[str] = (sys.executable, "-m", "homeassistant"),
    environment: Mapping[str, str] | None = None,
    before: HomeAssistant | None = None,
) -> AsyncGenerator[HomeAssistant]:
    """Run Home Assistant with its configuration in this folder; its output is in output.log.

    Options: additional configuration.yaml, additional custom integrations, our own (none, if it is to be
    installed), another program than Home Assistant, additional environment variables, and the one that has
    run in this folder before.
    """
    url = before.url if before else f"http://127.0.0.1:{free_port()}"
    if not before:
        _configure(folder, url, more, [*ours, *integrations])
    command = [*program, "--config", str(folder), "--skip-pip-packages", _INSTALLED]
    async with (
        # Run in the folder, where there are no other custom integrations.
        running(command, folder / "output.log", folder, environment) as process,
        aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session,
    ):
        running_home_assistant = HomeAssistant(session, url, process.pid, before)
        await running_home_assistant.wait_until_it_answers(process)
        yield running_home_assistant
