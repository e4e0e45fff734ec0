"""Trying something out for a form: errors of the service become errors on the form."""

import logging
from types import TracebackType
from typing import Self

from .const import CONF_VOICE
from .errors import error_key
from .speech import SpeechError

_LOGGER = logging.getLogger(__name__)

_FIELDS = {"voice_not_found": CONF_VOICE}
"""Where an error is not one of the whole form."""
_ADVICE = {"protocol_error": "cannot_connect"}
"""Where something else answers, the advice is the same as where nothing does."""


class Attempt:
    """Errors of a form, by field, and what their texts mention. What fails in its async with block is one."""

    def __init__(self) -> None:
        """Start without an error."""
        self.errors: dict[str, str] = {}
        self.placeholders = {"error": ""}

    @property
    def failed(self) -> bool:
        """Return whether there is an error."""
        return bool(self.errors)

    def fail(self, error: str, field: str = "base") -> None:
        """Add an error by its translation key."""
        self.errors[field] = error

    async def __aenter__(self) -> Self:
        """Try."""
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, err: BaseException | None, traceback: TracebackType | None
    ) -> bool:
        """Turn an error into one of the form; only what is no error at all goes on."""
        if isinstance(err, SpeechError):
            key = error_key(err)
            self.fail(_ADVICE.get(key, key), _FIELDS.get(key, "base"))
            self.placeholders["error"] = str(err)
            return True
        if isinstance(err, Exception):
            _LOGGER.error("Unexpected error", exc_info=err)
            self.fail("unknown")
            return True
        return False
