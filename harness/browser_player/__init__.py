"""A media player that is heard in every browser in which this Home Assistant is open, for the demo.

Home Assistant's own player of this kind, in the media browser, has no entity that actions could play on.
"""

from pathlib import Path
from typing import Any, override

from homeassistant.components.frontend import add_extra_js_url
from homeassistant.components.http import StaticPathConfig
from homeassistant.components.media_player import (
    BrowseMedia,
    MediaPlayerEntity,
    MediaPlayerEntityFeature,
    MediaPlayerState,
    MediaType,
    async_process_play_media_url,
)
from homeassistant.components.media_player.const import DATA_COMPONENT
from homeassistant.components.media_source import async_browse_media, async_resolve_media, is_media_source_id
from homeassistant.core import HomeAssistant
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.typing import ConfigType

DOMAIN = "browser_player"
ENTITY_ID = "media_player.kitchen"
"""The one of the examples in the documentation."""
CONFIG_SCHEMA = cv.empty_config_schema(DOMAIN)
_SCRIPT = f"/{DOMAIN}.js"


async def async_setup(hass: HomeAssistant, _config: ConfigType) -> bool:
    """Set up the player, and the script that plays for it in the frontend."""
    script = StaticPathConfig(_SCRIPT, str(Path(__file__).with_name("player.js")), cache_headers=False)
    await hass.http.async_register_static_paths([script])
    add_extra_js_url(hass, _SCRIPT)
    await hass.data[DATA_COMPONENT].async_add_entities([BrowserPlayer()])
    return True


class BrowserPlayer(MediaPlayerEntity):
    """Fires an event for each thing to play; the script calls media_stop when it is over."""

    entity_id = ENTITY_ID
    _attr_name = "Kitchen"
    _attr_should_poll = False
    _attr_state = MediaPlayerState.IDLE
    _attr_supported_features = (
        MediaPlayerEntityFeature.PLAY_MEDIA
        | MediaPlayerEntityFeature.BROWSE_MEDIA
        | MediaPlayerEntityFeature.STOP
    )

    @override
    async def async_play_media(self, media_type: MediaType | str, media_id: str, **_: Any) -> None:
        if is_media_source_id(media_id):
            media_id = (await async_resolve_media(self.hass, media_id, self.entity_id)).url
        # Relative, for a browser that reaches Home Assistant at another address.
        self._tell(async_process_play_media_url(self.hass, media_id, allow_relative_url=True))

    @override
    async def async_media_stop(self) -> None:
        self._tell(None)

    @override
    async def async_browse_media(
        self, media_content_type: MediaType | str | None = None, media_content_id: str | None = None
    ) -> BrowseMedia:
        return await async_browse_media(
            self.hass,
            media_content_id,
            content_filter=lambda item: (item.media_content_type or "").startswith("audio/"),
        )

    def _tell(self, url: str | None) -> None:
        self.hass.bus.async_fire(DOMAIN, {"url": url})
        self._attr_state = MediaPlayerState.PLAYING if url else MediaPlayerState.IDLE
        self.async_write_ha_state()
