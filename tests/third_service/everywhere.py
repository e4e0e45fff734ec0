"""Lets all tests that go through the services run on the third one, too.

python -m pytest -p tests.before_plugins -p tests.third_service.everywhere -k third tests
"""

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from custom_components.websocket_tts.config_flow import WebSocketTTSConfigFlow
from tests import translation_check

from .row import KIND, ROWS, STEP, async_step_third, write_texts

# Before any test module makes its parameters of the tables.
for table, row in ROWS:
    table[KIND] = row
setattr(WebSocketTTSConfigFlow, STEP, async_step_third)


@pytest.fixture(scope="session", autouse=True)
def texts() -> Iterator[None]:
    """Have the texts of the service among those of the integration."""
    with TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        write_texts(translation_check.TRANSLATIONS, Path(folder))
        patch.setattr(translation_check, "TRANSLATIONS", Path(folder))
        yield
