"""The chime before an announcement: built-in, or an audio file from the media library."""

import asyncio
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import Mapping
from functools import partial
import logging
from math import inf
from time import monotonic
from typing import Any

from homeassistant.components.ffmpeg import get_ffmpeg_manager
from homeassistant.components.media_player import async_process_play_media_url
from homeassistant.components.media_source import async_resolve_media, is_media_source_id
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError

from ..availability import RETRY_AFTER
from ..const import CHIME_FILE, CONF_CHIME, CONF_CHIME_FILE
from ..errors import invalid_call
from ..speech.audio.chime import BUILT_IN as BUILT_IN_CHIMES, Chime, built_in as built_in_chime
from ..speech.audio.pcm import PcmFormat
from ..speech.models import VoiceSettings

_LOGGER = logging.getLogger(__name__)

NO_CHIME = "none"
CHIMES = (NO_CHIME, *BUILT_IN_CHIMES)
LONGEST = 10
"""Seconds; a longer file is faded out."""
TIMEOUT = 5.0
"""Seconds to load a file; the speech waits for it."""
MOST_KEPT = 8
_SPEECH = "media-source://tts"
"""A spoken chime would start with a chime."""


def chime_of(settings: Mapping[str, Any]) -> str:
    """Return the name of the chime, or the media source ID of its file."""
    chime: str = settings.get(CONF_CHIME, NO_CHIME)
    return settings[CONF_CHIME_FILE]["media_content_id"] if chime == CHIME_FILE else chime


def check_chime(value: object) -> None:
    """Raise ServiceValidationError if a value is neither a chime nor a media source ID."""
    if not isinstance(value, str) or not (value in CHIMES or is_media_source_id(value)):
        raise invalid_call("invalid_chime", value=str(value), chimes=", ".join(CHIMES))


class Chimes:
    """Loads the samples of chimes once, and keeps them in memory."""

    def __init__(self, hass: HomeAssistant) -> None:
        """Initialize without samples."""
        self._hass = hass
        self._kept: dict[tuple[str, PcmFormat], tuple[bytes, float]] = {}
        """Samples, empty if they are not available, and until when they are valid."""

    def get(self, chime: str) -> Chime | None:
        """Return a chime, or None for no chime."""
        return None if chime == NO_CHIME else partial(self._samples, chime)

    async def can_ring(self, chime: str) -> bool:
        """Return whether a chime can be played, or is none."""
        usual = PcmFormat(VoiceSettings("").sample_rate)
        return chime == NO_CHIME or bool(await self._samples(chime, usual))

    async def _samples(self, chime: str, audio_format: PcmFormat) -> bytes:
        """Return the samples of a chime; empty with a warning, logged once, if it is not available."""
        key = chime, audio_format
        samples, valid_until = self._kept.get(key, (b"", -inf))
        if monotonic() < valid_until:
            return samples
        failure = "it is not an audio file from the media library"
        try:
            async with asyncio.timeout(TIMEOUT):
                samples = await self._load(chime, audio_format)
        except TimeoutError:
            failure = "it took too long"
        except HomeAssistantError as err:
            failure = str(err)
        except Exception as err:  # noqa: BLE001 (media sources can raise anything, with any text)
            failure = type(err).__name__
        if not samples and key not in self._kept:
            _LOGGER.warning("The chime %s cannot be played: %s", chime, failure)
        if len(self._kept) >= MOST_KEPT:
            del self._kept[next(iter(self._kept))]
        self._kept[key] = samples, inf if samples else monotonic() + RETRY_AFTER
        return samples

    async def _load(self, chime: str, audio_format: PcmFormat) -> bytes:
        """Return the samples of a chime; those of a file are decoded by FFmpeg; empty if it has no audio."""
        if chime in BUILT_IN_CHIMES:
            return await self._hass.async_add_executor_job(built_in_chime, chime, audio_format)
        if not is_media_source_id(chime) or chime.startswith(_SPEECH):
            return b""
        media = await async_resolve_media(self._hass, chime, None)
        place = f"file:{media.path}" if media.path else async_process_play_media_url(self._hass, media.url)
        process = await asyncio.create_subprocess_exec(
            get_ffmpeg_manager(self._hass).binary,
            *("-v", "quiet", "-protocol_whitelist", "file,http,https,tcp,tls,crypto"),
            *("-i", place, "-vn", "-t", str(LONGEST)),
            *("-af", f"afade=t=out:st={LONGEST - 1}:d=1"),
            *("-ac", "1", "-ar", str(audio_format.sample_rate), "-f", "s16le", "-"),
            stdin=DEVNULL,
            stdout=PIPE,
        )
        try:
            samples, _ = await process.communicate()
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        return samples
