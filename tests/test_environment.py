"""What scripts/setup installs is what Home Assistant asks for: else it would fetch it at its first start."""

from importlib.metadata import PackageNotFoundError, version
import json
from pathlib import Path

import homeassistant.components
import pytest


@pytest.mark.parametrize("component", ["conversation", "ffmpeg", "frontend", "tts"])
def test_versions(component: str) -> None:
    """Each requirement of what the demo starts is there in the version that is asked for."""
    manifest = Path(homeassistant.components.__path__[0]) / component / "manifest.json"
    for requirement in json.loads(manifest.read_text("utf-8"))["requirements"]:
        name, _, wanted = requirement.partition("==")
        try:
            found = version(name)
        except PackageNotFoundError:
            pytest.skip(f"{name} is not used with this Home Assistant")
        assert found == wanted, requirement
