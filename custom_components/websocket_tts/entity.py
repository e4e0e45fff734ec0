"""Base entity, and the device of a voice profile."""

from homeassistant.const import CONF_HOST
from homeassistant.helpers.device_registry import DeviceEntryType, DeviceInfo
from homeassistant.helpers.update_coordinator import CoordinatorEntity

from .announcement.profile import VoiceProfile
from .const import DOMAIN
from .coordinator import VoicesCoordinator


class WebSocketTTSEntity(CoordinatorEntity[VoicesCoordinator]):
    """Base of all entities of a voice profile."""

    _attr_has_entity_name = True

    def __init__(self, coordinator: VoicesCoordinator, profile: VoiceProfile) -> None:
        """Initialize the entity, and link it to the device of its profile."""
        super().__init__(coordinator)
        self._profile = profile
        self._attr_device_info = DeviceInfo(
            identifiers={(DOMAIN, profile.id)},
            entry_type=DeviceEntryType.SERVICE,
            name=profile.title,
            manufacturer=coordinator.service.manufacturer,
            model=coordinator.labels.get(profile.voice, profile.voice),
            configuration_url=coordinator.config_entry.data[CONF_HOST],
        )
