"""Constants."""

from typing import Final

DOMAIN: Final = "websocket_tts"
SUBENTRY_VOICE: Final = "voice"
"""Type of the subentries of a config entry: voice profiles."""

# Entry data: the connection. The other keys (host, token, ...) are Home Assistant's own.
CONF_SERVICE: Final = "service"
CONF_TOKEN_URL: Final = "token_url"  # noqa: S105
CONF_REMOVE_CREDENTIALS: Final = "remove_credentials"
"""Only in the reconfiguration form."""
CONF_STAND_BY: Final = "stand_by"

# Subentry data: a voice profile. The keys of name and language are Home Assistant's own.
CONF_VOICE: Final = "voice"
CONF_RATE: Final = "rate"
CONF_VOLUME: Final = "volume"
CONF_SAMPLE_RATE: Final = "sample_rate"
CONF_AUDIO_FORMAT: Final = "audio_format"
CONF_LEAD_IN: Final = "lead_in"
CONF_LEAD_OUT: Final = "lead_out"
CONF_SENTENCE_PAUSE: Final = "sentence_pause"
CONF_CLEAN_TEXT: Final = "clean_text"
CONF_FALLBACK: Final = "fallback"
CONF_CHIME: Final = "chime"
CONF_CHIME_FILE: Final = "chime_file"
CONF_PRONUNCIATIONS: Final = "pronunciations"
"""In the data of an entry: for all voices of its service."""
CONF_WRITTEN: Final = "written"
CONF_SPOKEN: Final = "spoken"
CONF_CACHE_MARK: Final = "cache_mark"
"""Only in the options of an entity, which are part of Home Assistant's cache key."""
SECTION_ADVANCED: Final = "advanced"

AUDIO_FORMAT_AUTO: Final = "auto"
AUDIO_FORMAT_WAV: Final = "wav"
CHIME_FILE: Final = "file"
"""The chime that is the audio file of CONF_CHIME_FILE."""
