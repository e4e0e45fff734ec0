"""What a form says when a service cannot be used as it was filled in."""

from collections.abc import Awaitable
from dataclasses import dataclass, field
import logging

from .const import CONF_VOICE
from .errors import message_key, placeholders
from .speech import SpeechError

_LOGGER = logging.getLogger(__name__)

SCHEMES = {"http": "http://", "https": "https://", "ws": "ws://"}
"""What texts of forms mention; translations must not have addresses in them."""


@dataclass(slots=True)
class FormErrors:
    """Translation keys of errors by field, and what their texts mention; false where there is none."""

    errors: dict[str, str] = field(default_factory=dict)
    placeholders: dict[str, str] = field(default_factory=dict)

    def __bool__(self) -> bool:
        """Return whether there is an error."""
        return bool(self.errors)


async def errors_of(trial: Awaitable[object], field: str = "base") -> FormErrors:
    """Return the errors of trying something, for a field of the form or for all of it."""
    try:
        await trial
    except SpeechError as err:
        key = message_key(err)
        return FormErrors({CONF_VOICE if key == "voice_not_found" else field: key}, placeholders(err))
    except Exception:
        _LOGGER.exception("Unexpected error")
        return FormErrors({"base": "unknown"})
    return FormErrors()
