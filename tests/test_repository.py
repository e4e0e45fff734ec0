"""What hassfest and HACS would check, and what a public repository must not hold."""

import json
from pathlib import Path
import re
import struct
import subprocess
from typing import Any

from awesomeversion import AwesomeVersion, AwesomeVersionStrategy
from homeassistant.loader import Manifest
from homeassistant.util.yaml import load_yaml_dict
import pytest

ROOT = Path(__file__).parents[1]
INTEGRATION = ROOT / "custom_components" / "websocket_tts"

MANIFEST_KEYS = {
    "domain",
    "name",
    "codeowners",
    "config_flow",
    "documentation",
    "integration_type",
    "iot_class",
    "issue_tracker",
    "requirements",
    "version",
}
HACS_KEYS = {
    "name",
    "homeassistant",
    "hide_default_branch",
    "content_in_root",
    "country",
    "filename",
    "hacs",
    "persistent_directory",
    "zip_release",
}
RULES = {
    "action-setup",
    "appropriate-polling",
    "brands",
    "common-modules",
    "config-flow",
    "config-flow-test-coverage",
    "dependency-transparency",
    "docs-actions",
    "docs-conditions",
    "docs-high-level-description",
    "docs-installation-instructions",
    "docs-removal-instructions",
    "docs-triggers",
    "entity-event-setup",
    "entity-unique-id",
    "has-entity-name",
    "runtime-data",
    "test-before-configure",
    "test-before-setup",
    "unique-config-entry",
    "action-exceptions",
    "config-entry-unloading",
    "docs-configuration-parameters",
    "docs-installation-parameters",
    "entity-unavailable",
    "integration-owner",
    "log-when-unavailable",
    "parallel-updates",
    "reauthentication-flow",
    "test-coverage",
    "devices",
    "diagnostics",
    "discovery",
    "discovery-update-info",
    "docs-data-update",
    "docs-examples",
    "docs-known-limitations",
    "docs-supported-devices",
    "docs-supported-functions",
    "docs-troubleshooting",
    "docs-use-cases",
    "dynamic-devices",
    "entity-category",
    "entity-device-class",
    "entity-disabled-by-default",
    "entity-translations",
    "exception-translations",
    "icon-translations",
    "reconfiguration-flow",
    "repair-issues",
    "stale-devices",
    "async-dependency",
    "inject-websession",
    "strict-typing",
}


def load(path: Path) -> Any:
    """Return a JSON file, which must have no key twice."""

    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        assert len({key for key, _ in pairs}) == len(pairs), path
        return dict(pairs)

    return json.loads(path.read_text(encoding="utf-8"), object_pairs_hook=unique)


def tracked() -> list[Path]:
    """Return the files that git knows."""
    names = subprocess.run(
        ["git", "ls-files", "-z"],  # noqa: S607
        cwd=ROOT,
        capture_output=True,
        check=True,
        text=True,
    ).stdout
    return [ROOT / name for name in names.split("\0") if name and (ROOT / name).is_file()]


def test_manifest() -> None:
    """The manifest has its keys, in their order, with values that can be."""
    manifest: Manifest = load(INTEGRATION / "manifest.json")
    assert set(manifest) == MANIFEST_KEYS
    assert list(manifest) == ["domain", "name", *sorted(set(manifest) - {"domain", "name"})]
    assert manifest["domain"] == INTEGRATION.name
    assert all(owner.startswith("@") for owner in manifest["codeowners"])
    assert manifest["integration_type"] == "service"
    assert manifest["iot_class"] == "local_polling"
    assert manifest["issue_tracker"] == f"{manifest['documentation']}/issues"
    version = AwesomeVersion(manifest["version"])
    assert version.strategy is AwesomeVersionStrategy.SEMVER
    assert all(re.fullmatch(r"[a-z-]+==[\d.]+", requirement) for requirement in manifest["requirements"])
    for requirement in manifest["requirements"]:
        assert requirement in (ROOT / "requirements_test.txt").read_text(encoding="utf-8").splitlines()


def test_one_integration() -> None:
    """HACS takes a repository with one integration."""
    assert [path.name for path in INTEGRATION.parent.iterdir() if path.name != "__pycache__"] == [
        INTEGRATION.name
    ]
    # Custom integrations have their texts in translations alone.
    assert not (INTEGRATION / "strings.json").exists()


def test_hacs() -> None:
    """The file for HACS has keys that it knows, and the oldest Home Assistant."""
    hacs = load(ROOT / "hacs.json")
    assert set(hacs) <= HACS_KEYS
    assert hacs["name"] == load(INTEGRATION / "manifest.json")["name"]
    assert AwesomeVersion(hacs["homeassistant"]).strategy is AwesomeVersionStrategy.CALVER
    oldest = hacs["homeassistant"].removesuffix(".0")
    assert f"Home Assistant {oldest}" in (ROOT / "README.md").read_text("utf-8")
    assert (ROOT / "LICENSE").read_text("utf-8").startswith("MIT License")


@pytest.mark.parametrize(
    ("name", "size"),
    [
        ("icon.png", (256, 256)),
        ("icon@2x.png", (512, 512)),
        ("logo.png", (416, 128)),
        ("logo@2x.png", (832, 256)),
        ("dark_logo.png", (416, 128)),
        ("dark_logo@2x.png", (832, 256)),
    ],
)
def test_brand(name: str, size: tuple[int, int]) -> None:
    """The images are PNGs of the right size."""
    data = (INTEGRATION / "brand" / name).read_bytes()
    assert data.startswith(b"\x89PNG\r\n\x1a\n")
    assert struct.unpack(">II", data[16:24]) == size
    assert data.endswith(b"IEND\xaeB`\x82")


def texts_of(texts: dict[str, Any], path: str = "") -> list[tuple[str, str]]:
    """Return every text with its path."""
    found = []
    for key, value in texts.items():
        assert re.fullmatch(r"[a-z0-9_-]+", key), f"{path}.{key}"
        if isinstance(value, dict):
            found += texts_of(value, f"{path}.{key}")
        else:
            found.append((f"{path}.{key}", value))
    return found


@pytest.mark.parametrize(
    "file", sorted((INTEGRATION / "translations").glob("*.json")), ids=lambda file: file.stem
)
def test_translations(file: Path) -> None:
    """Texts have neither HTML nor addresses nor white space at their ends; descriptions have their fields."""
    texts = load(file)
    assert set(texts) <= {"config", "options", "selector", "entity", "exceptions", "issues"}
    for path, text in texts_of(texts):
        assert text == text.strip(), path
        assert text, path
        assert not re.search(r"<\w+|https?://|\[%key", text), path
    steps = [*texts["config"]["step"].values(), *texts["options"]["step"].values()]
    sections = [section for step in steps for section in step.get("sections", {}).values()]
    for form in [*steps, *sections]:
        assert set(form.get("data_description", {})) <= set(form.get("data", {}))


def test_icons() -> None:
    """Every entity with a name has an icon."""
    icons, texts = load(INTEGRATION / "icons.json"), load(INTEGRATION / "translations" / "en.json")
    assert {platform: set(entities) for platform, entities in icons["entity"].items()} == {
        platform: set(entities) for platform, entities in texts["entity"].items()
    }
    for entities in icons["entity"].values():
        assert all(re.fullmatch(r"mdi:[a-z-]+", icon["default"]) for icon in entities.values())


def test_quality_scale() -> None:
    """Every rule is there, done, to do, or exempt for a reason."""
    rules = load_yaml_dict(str(INTEGRATION / "quality_scale.yaml"))["rules"]
    assert set(rules) == RULES
    for rule, status in rules.items():
        if isinstance(status, dict):
            assert status["status"] == "exempt", rule
            assert len(status["comment"]) > 20, rule
        else:
            assert status in ("done", "todo"), rule


@pytest.mark.parametrize("file", tracked(), ids=lambda file: str(file.relative_to(ROOT)))
def test_nothing_of_a_machine(file: Path) -> None:
    """No file names a folder of somebody's machine or the host of a package registry."""
    text = file.read_bytes().decode("utf-8", "replace")
    # Written so that it does not find itself.
    assert not re.search(r"/hom[e]/|/wor[k]/|/roo[t]/|pyp[i]\.org|debia[n]\.org", text)
