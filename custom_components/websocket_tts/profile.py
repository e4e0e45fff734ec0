"""A voice profile: a voice with its own settings, and what has been spoken with it."""

from collections import deque
from collections.abc import Mapping
from functools import partial
from typing import Any

from homeassistant.config_entries import ConfigEntry, ConfigSubentry
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback

from .characters import CharacterCount
from .const import CONF_FALLBACK, CONF_VOICE
from .fallback_use import FallbackUse
from .history import KEPT, UtteranceRecord
from .issues import Issue, async_set_issue, async_withdraw_issues


class VoiceProfile:
    """A voice subentry of a config entry. Its settings can change at any time."""

    def __init__(self, hass: HomeAssistant, entry: ConfigEntry, subentry: ConfigSubentry) -> None:
        """Initialize without utterances."""
        self._hass = hass
        self._entry = entry
        self._subentry = subentry
        self.fallback_use = FallbackUse(hass, entry, subentry)
        self.characters = CharacterCount(hass, self.id)
        self.utterances: deque[UtteranceRecord] = deque(maxlen=KEPT)
        self.time_to_first_audio: float | None = None
        """Time to first audio of the last utterance that had any, in seconds."""
        self.last_failure: UtteranceRecord | None = None
        self.voice_refusals = 0
        """Consecutive refusals of the configured voice."""
        self._known = self.title, self.settings
        self._change_listeners: list[CALLBACK_TYPE] = []
        self._utterance_listeners: list[CALLBACK_TYPE] = []

    @property
    def id(self) -> str:
        """Return the unique ID of the text-to-speech entity."""
        return self._subentry.subentry_id

    @property
    def title(self) -> str:
        """Return the name that the user has given it."""
        return self._subentry.title

    @property
    def settings(self) -> Mapping[str, Any]:
        """Return the voice and its settings."""
        return self._subentry.data

    @property
    def voice(self) -> str:
        """Return the ID of the configured voice."""
        voice: str = self.settings[CONF_VOICE]
        return voice

    @property
    def fallback(self) -> str | None:
        """Return the entity ID of the fallback voice, if there is one."""
        fallback: str | None = self.settings.get(CONF_FALLBACK)
        return fallback

    @callback
    def async_update(self) -> bool:
        """Notify listeners if title or settings have changed; return whether they have."""
        _, settings = before = self._known
        self._known = self.title, self.settings
        if before == self._known:
            return False
        if settings[CONF_VOICE] != self.voice:
            self.voice_refusals = 0
            self.async_set_voice_gone(is_gone=False)
        self.fallback_use.async_update()
        for listener in self._change_listeners:
            listener()
        return True

    @callback
    def async_set_voice_gone(self, *, is_gone: bool) -> None:
        """Create or delete the issue that the service does not have the configured voice."""
        issue = Issue.VOICE_GONE
        async_set_issue(self._hass, self._entry, issue, self._subentry, is_there=is_gone, voice=self.voice)

    @callback
    def async_add(self, utterance: UtteranceRecord) -> None:
        """Record an utterance."""
        self.utterances.append(utterance)
        if not utterance.fallback:
            self.characters.async_add(utterance.characters)
        if utterance.first_audio is not None:
            self.time_to_first_audio = utterance.first_audio
        if utterance.error:
            self.last_failure = utterance
        for listener in self._utterance_listeners:
            listener()

    @callback
    def async_add_change_listener(self, listener: CALLBACK_TYPE) -> CALLBACK_TYPE:
        """Call a listener when title or settings have changed; return a function that removes it."""
        self._change_listeners.append(listener)
        return partial(self._change_listeners.remove, listener)

    @callback
    def async_add_utterance_listener(self, listener: CALLBACK_TYPE) -> CALLBACK_TYPE:
        """Call a listener after each utterance; return a function that removes it."""
        self._utterance_listeners.append(listener)
        return partial(self._utterance_listeners.remove, listener)

    async def async_remove(self) -> None:
        """Remove the issues and the stored data of a profile that was removed."""
        async_withdraw_issues(self._hass, self._entry, self._subentry)
        await self.characters.async_remove()
