"""Diagnostic sensors."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, override

from homeassistant.components.sensor import (
    SensorDeviceClass,
    SensorEntity,
    SensorEntityDescription,
    SensorStateClass,
)
from homeassistant.const import EntityCategory, UnitOfTime
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.dispatcher import async_dispatcher_connect
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.helpers.typing import StateType

from .announcement.profile import VoiceProfile
from .coordinator import VoicesCoordinator, WebSocketTTSConfigEntry
from .entity import WebSocketTTSEntity
from .errors import ERROR_KEYS
from .state import ProfileState

PARALLEL_UPDATES = 0

NO_ERROR = "none"


@dataclass(frozen=True, kw_only=True)
class UtteranceSensorDescription(SensorEntityDescription):
    """Describes a diagnostic sensor."""

    entity_category: EntityCategory | None = EntityCategory.DIAGNOSTIC
    entity_registry_enabled_default: bool = False
    value: Callable[[ProfileState], StateType]
    attributes: Callable[[ProfileState], dict[str, Any] | None] = lambda _: None


def _last_message(state: ProfileState) -> dict[str, Any] | None:
    if not (failure := state.last_failure):
        return None
    return {"message": failure.message, "at": failure.ended_at.isoformat()}


SENSORS = (
    UtteranceSensorDescription(
        key="time_to_first_audio",
        device_class=SensorDeviceClass.DURATION,
        native_unit_of_measurement=UnitOfTime.SECONDS,
        suggested_unit_of_measurement=UnitOfTime.MILLISECONDS,
        suggested_display_precision=0,
        state_class=SensorStateClass.MEASUREMENT,
        value=lambda state: state.time_to_first_audio,
    ),
    UtteranceSensorDescription(
        key="characters_spoken",
        state_class=SensorStateClass.TOTAL_INCREASING,
        value=lambda state: state.characters,
    ),
    UtteranceSensorDescription(
        key="last_error",
        device_class=SensorDeviceClass.ENUM,
        options=[NO_ERROR, *ERROR_KEYS],
        value=lambda state: state.last_failure.error if state.last_failure else NO_ERROR,
        attributes=_last_message,
    ),
)


async def async_setup_entry(
    _hass: HomeAssistant, entry: WebSocketTTSConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Set up the sensors of each voice profile."""
    coordinator = entry.runtime_data
    for profile in coordinator.profiles.values():
        sensors = [UtteranceSensor(coordinator, profile, description) for description in SENSORS]
        async_add_entities(sensors, config_subentry_id=profile.id)


class UtteranceSensor(WebSocketTTSEntity, SensorEntity):
    """A sensor about past utterances, which stays available while the service is unreachable."""

    entity_description: UtteranceSensorDescription

    def __init__(
        self, coordinator: VoicesCoordinator, profile: VoiceProfile, description: UtteranceSensorDescription
    ) -> None:
        """Initialize the sensor."""
        super().__init__(coordinator, profile)
        self.entity_description = description
        self._attr_unique_id = f"{profile.id}_{description.key}"
        self._attr_translation_key = description.key

    @override
    async def async_added_to_hass(self) -> None:
        await super().async_added_to_hass()
        # The speaking entity has nothing new to tell then: of many announcements at once, each would wake it.
        self.async_on_remove(async_dispatcher_connect(self.hass, self._profile.id, self.async_write_ha_state))

    @callback
    @override
    def async_entity_id_changed(self, old_entity_id: str) -> None:
        """Stay as it is: nothing depends on the ID, which Home Assistant would otherwise not believe."""

    @property
    @override
    def available(self) -> bool:
        return True

    @property
    @override
    def native_value(self) -> StateType:
        return self.entity_description.value(self._profile.state)

    @property
    @override
    def extra_state_attributes(self) -> dict[str, Any] | None:
        return self.entity_description.attributes(self._profile.state)
