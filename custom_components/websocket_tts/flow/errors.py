"""Errors of a form."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
import logging

from ..const import CONF_VOICE
from ..errors import message_key, placeholders
from ..speech import SpeechError

_LOGGER = logging.getLogger(__name__)

SCHEMES = {"http": "http://", "https": "https://", "ws": "ws://"}
"""Placeholders in the texts of forms; translations must not contain URLs."""


@dataclass(slots=True)
class FormErrors:
    """Translation keys of errors by field, and their placeholders; false if there are no errors."""

    errors: dict[str, str] = field(default_factory=dict)
    placeholders: dict[str, str] = field(default_factory=dict)

    def __bool__(self) -> bool:
        """Return whether there are errors."""
        return bool(self.errors)


@contextmanager
def form_errors(field: str = "base") -> Iterator[FormErrors]:
    """Collect the error of a test, for a field of the form, by default for the whole form."""
    found = FormErrors()
    try:
        yield found
    except SpeechError as err:
        key = message_key(err)
        found.errors[CONF_VOICE if key == "voice_not_found" else field] = key
        found.placeholders = placeholders(err)
    except Exception:
        _LOGGER.exception("Unexpected error")
        found.errors["base"] = "unknown"
