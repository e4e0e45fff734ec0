"""Base entity, and the device of a service."""

from typing import override

from homeassistant.helpers.device_registry import DeviceEntryType, DeviceInfo
from homeassistant.helpers.update_coordinator import CoordinatorEntity

from .const import DOMAIN
from .coordinator import VoicesCoordinator


class WebSocketTTSEntity(CoordinatorEntity[VoicesCoordinator]):
    """Base of all entities of a speech service."""

    _attr_has_entity_name = True

    @property
    @override
    def available(self) -> bool:
        return self.coordinator.is_available

    def __init__(self, coordinator: VoicesCoordinator) -> None:
        """Initialize the entity, and link it to the device of the service."""
        super().__init__(coordinator)
        entry, service = coordinator.config_entry, coordinator.service
        self._attr_device_info = DeviceInfo(
            identifiers={(DOMAIN, entry.entry_id)},
            entry_type=DeviceEntryType.SERVICE,
            name=entry.title,
            manufacturer=service.manufacturer,
            model=service.name,
        )
