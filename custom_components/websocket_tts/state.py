"""What is found out and counted while an entry is used, apart from what the user has configured.

The state of an entry lives in `hass.data` until the entry is removed, so that a reload finds it. One file
behind it is written late, and only if something has changed.
"""

from collections import Counter, deque
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from functools import partial
from hashlib import sha256
import json
from secrets import token_hex
from typing import TYPE_CHECKING, Any, Self
from weakref import WeakValueDictionary

from homeassistant.const import CONF_CLIENT_ID, CONF_CLIENT_SECRET, CONF_HOST, CONF_TOKEN
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.dispatcher import async_dispatcher_send
from homeassistant.helpers.storage import Store
from homeassistant.util.hass_dict import HassKey

from .availability import Absence
from .const import CONF_SERVICE, CONF_TOKEN_URL, DOMAIN
from .speech.channels import ChannelQueue
from .speech.client import SpeechClient
from .speech.models import IssuedToken, Voice, restored

if TYPE_CHECKING:
    from .announcement.record import UtteranceRecord

KEPT = 20
"""Records of utterances."""
_SAVE_DELAY = 60.0
"""Seconds from a change until it is written."""
_OF_SERVER = (CONF_SERVICE, CONF_HOST, CONF_TOKEN)
_OF_CLIENT = (CONF_CLIENT_ID, CONF_CLIENT_SECRET, CONF_TOKEN_URL)


def server_key(data: Mapping[str, Any]) -> str:
    """Return what tells a server and the credentials for it from others, without telling them."""
    told = (*_OF_SERVER, *_OF_CLIENT) if data.get(CONF_CLIENT_ID) else _OF_SERVER
    return sha256(json.dumps([data.get(key) for key in told]).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class ServerState:
    """What was found out about a server with certain credentials. Others do not see it."""

    key: str
    quirks: Mapping[str, Any] = field(default_factory=dict)
    issued: IssuedToken | None = field(default=None, repr=False)
    voices: list[Voice] | None = None
    """The last list; None before the first one."""

    @classmethod
    def of(cls, key: str, service: SpeechClient, voices: list[Voice] | None) -> Self:
        """Return what the client of a server has found out, and its last list of voices."""
        return cls(key, dict(service.quirks), service.issued, voices)

    @classmethod
    def restore(cls, stored: Mapping[str, Any]) -> Self:
        """Return what was stored; unknown and missing fields do no harm."""
        voices = stored.get("voices")
        return cls(
            stored.get("key", ""),
            stored.get("quirks") or {},
            restored(IssuedToken, stored.get("issued")),
            None if voices is None else [voice for each in voices if (voice := restored(Voice, each))],
        )


@dataclass(slots=True)
class ProfileState:
    """What was found out about a voice profile."""

    cache_mark: str = field(default_factory=partial(token_hex, 4))
    """Part of the keys of Home Assistant's cache: a new one makes it forget the audio of this voice."""
    characters: int = 0
    """Characters spoken by the service."""
    fallback_since: str | None = None
    """Since when the fallback speaks instead (ISO 8601)."""
    utterances: deque[UtteranceRecord] = field(default_factory=partial(deque, maxlen=KEPT))
    time_to_first_audio: float | None = None
    """Seconds, of the last utterance that had any."""
    last_failure: UtteranceRecord | None = None
    refusals: Counter[str] = field(default_factory=Counter)
    """How often in a row each configured voice was refused."""

    def stored(self) -> dict[str, Any]:
        """Return what is written to the file."""
        return {name: getattr(self, name) for name in ("cache_mark", "characters", "fallback_since")}


class EntryState:
    """The state of an entry, and its file."""

    def __init__(self, hass: HomeAssistant, entry_id: str) -> None:
        """Initialize an empty state."""
        self._hass = hass
        self._entry_id = entry_id
        key = f"{DOMAIN}.{entry_id}"
        self._store: Store[dict[str, Any]] = Store(hass, version=1, key=key, private=True)
        self._is_changed = False
        self.server = ServerState("")
        self.absence = Absence()
        """Whether the server is away, which a reload does not change."""
        self.profiles: dict[str, ProfileState] = {}
        self.refused_by: set[str] = set()
        """By what the credentials were refused last time: "poll", "speech"."""

    async def async_load(self) -> None:
        """Restore what was stored."""
        stored = await self._store.async_load() or {}
        self.server = ServerState.restore(stored.get("server") or {})
        # Unless a flow has found out more since.
        _shared(self._hass).servers.setdefault(self.server.key, self.server)
        for profile_id, profile in (stored.get("profiles") or {}).items():
            self.profiles[profile_id] = restored(ProfileState, profile) or ProfileState()

    @callback
    def async_keep_server(self, server: ServerState) -> None:
        """Keep what was found out about the server."""
        servers = _shared(self._hass).servers
        if server.key != self.server.key:
            servers.pop(self.server.key, None)
        servers[server.key] = server
        if server != self.server:
            self.server = server
            self.async_note_change()

    @callback
    def async_keep_profiles(self, profile_ids: Iterable[str]) -> list[str]:
        """Keep the state of these profiles only, new ones included; return the IDs of the others."""
        kept = {profile_id: self.profiles.get(profile_id) or ProfileState() for profile_id in profile_ids}
        gone = [profile_id for profile_id in self.profiles if profile_id not in kept]
        if kept.keys() != self.profiles.keys():
            self.async_note_change()
        self.profiles = kept
        return gone

    @callback
    def async_note(self, profile_id: str, record: UtteranceRecord) -> None:
        """Record an utterance, unless its profile was removed while it was spoken."""
        if (profile := self.profiles.get(profile_id)) is None:
            return
        profile.utterances.append(record)
        if not record.fallback and record.characters:
            profile.characters += record.characters
            self.async_note_change()
        if record.metrics.first_audio is not None:
            profile.time_to_first_audio = record.metrics.first_audio
        if record.error:
            profile.last_failure = record
        if not record.is_flawless:
            # Home Assistant keeps the audio, under a key that it made before anybody spoke.
            profile.cache_mark = token_hex(4)
            self.async_note_change()
            self._hass.async_create_task(self.async_flush(), f"{DOMAIN} cache mark")
        async_dispatcher_send(self._hass, profile_id)

    @callback
    def async_note_change(self) -> None:
        """Write the state some time later."""
        # An announcement may end when its entry has been removed.
        is_kept = _shared(self._hass).entries.get(self._entry_id) is self
        if is_kept and not self._is_changed:
            self._is_changed = True
            self._store.async_delay_save(self._stored, _SAVE_DELAY)

    async def async_flush(self) -> None:
        """Write changes now."""
        if self._is_changed:
            await self._store.async_save(self._stored())

    async def async_remove(self) -> None:
        """Remove the file."""
        self.profiles = {}
        await self._store.async_remove()

    def _stored(self) -> dict[str, Any]:
        self._is_changed = False
        profiles = {profile_id: profile.stored() for profile_id, profile in self.profiles.items()}
        return {"server": asdict(self.server), "profiles": profiles}


@dataclass(frozen=True, slots=True)
class _Shared:
    """What is in `hass.data`."""

    entries: dict[str, EntryState] = field(default_factory=dict)
    servers: dict[str, ServerState] = field(default_factory=dict)
    channels: WeakValueDictionary[str, ChannelQueue] = field(default_factory=WeakValueDictionary)


_SHARED: HassKey[_Shared] = HassKey(DOMAIN)


def _shared(hass: HomeAssistant) -> _Shared:
    return hass.data.setdefault(_SHARED, _Shared())


async def async_entry_state(hass: HomeAssistant, entry_id: str) -> EntryState:
    """Return the state of an entry; it is read from its file at most once."""
    entries = _shared(hass).entries
    if entry_id not in entries:
        state = EntryState(hass, entry_id)
        await state.async_load()
        entries[entry_id] = state
    return entries[entry_id]


async def async_remove_entry_state(hass: HomeAssistant, entry_id: str) -> None:
    """Remove the state of an entry, also of one that was never set up."""
    state = _shared(hass).entries.pop(entry_id, None) or EntryState(hass, entry_id)
    _shared(hass).servers.pop(state.server.key, None)
    await state.async_remove()


@callback
def async_hand_over(
    hass: HomeAssistant, data: Mapping[str, Any], service: SpeechClient, voices: list[Voice]
) -> None:
    """Keep what a test of these data has found out, in memory, for the entry that is set up with them."""
    key = server_key(data)
    _shared(hass).servers[key] = ServerState.of(key, service, voices)


@callback
def async_known_server(hass: HomeAssistant, data: Mapping[str, Any]) -> ServerState:
    """Return what is known of the server of an entry with these data."""
    key = server_key(data)
    return _shared(hass).servers.get(key) or ServerState(key)


@callback
def async_channels(hass: HomeAssistant, data: Mapping[str, Any], patience: float) -> ChannelQueue:
    """Return the queue for the channels of a server, which lives as long as a client has it."""
    return _shared(hass).channels.setdefault(server_key(data), ChannelQueue(patience))
