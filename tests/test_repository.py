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

from custom_components.websocket_tts.announcement.voices import bare_language
from custom_components.websocket_tts.speech.vivoka.languages import CODES, cerence_tag

ROOT = Path(__file__).parents[1]
INTEGRATION = ROOT / "custom_components" / "websocket_tts"

MANIFEST_KEYS = {
    "domain",
    "name",
    "categories",
    "codeowners",
    "config_flow",
    "connectivity",
    "dependencies",
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
    assert hacs["name"] == load(ENGLISH)["title"]
    # What scripts/release attaches to a release; a branch has no such file.
    assert hacs["zip_release"]
    assert hacs["filename"] == f"{INTEGRATION.name}.zip"
    assert hacs["hide_default_branch"]
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


TRANSLATIONS = sorted((INTEGRATION / "translations").glob("*.json"))
ENGLISH = INTEGRATION / "translations" / "en.json"
LANGUAGES = {"en", "de", "fr", "es", "it", "nl", "pt-BR", "pl", "tr", "sv", "cs", "zh-Hans"}
# Names, and words that are the same in another language.
SAME_AS_ENGLISH = {"Vivoka VDK Service", "Knovvu TTS", "Knovvu TTS (SESTEK)", "Host", "Volume", "Name"} | {
    "WebSocket TTS"
}


@pytest.mark.parametrize("file", TRANSLATIONS, ids=lambda file: file.stem)
def test_translations(file: Path) -> None:
    """Texts have neither HTML nor addresses nor white space at their ends; descriptions have their fields."""
    texts = load(file)
    assert set(texts) <= {
        "title",
        "config",
        "config_subentries",
        "selector",
        "entity",
        "exceptions",
        "issues",
    }
    for path, text in texts_of(texts):
        assert text == text.strip(), path
        assert text, path
        assert not re.search(r"<\w+|https?://|\[%key", text), path
        # Home Assistant's messages take an apostrophe before a brace for a quote.
        assert not re.search(r"'[{}]", text), path
    steps = [*texts["config"]["step"].values(), *texts["config_subentries"]["voice"]["step"].values()]
    sections = [section for step in steps for section in step.get("sections", {}).values()]
    for form in [*steps, *sections]:
        assert set(form.get("data_description", {})) == set(form.get("data", {}))
    for issue in texts["issues"].values():
        assert ("description" in issue) is not ("fix_flow" in issue)


def test_languages() -> None:
    """The languages that are promised are there."""
    assert {file.stem for file in TRANSLATIONS} >= LANGUAGES


@pytest.mark.parametrize("file", TRANSLATIONS, ids=lambda file: file.stem)
def test_translations_are_complete(file: Path) -> None:
    """Every language has the texts of English, in its order, with its placeholders, and none in English."""
    english, texts = texts_of(load(ENGLISH)), texts_of(load(file))
    assert [path for path, _ in texts] == [path for path, _ in english]
    for (path, original), (_, text) in zip(english, texts, strict=True):
        assert set(re.findall(r"{\w+}", text)) == set(re.findall(r"{\w+}", original)), path
        is_name = text in SAME_AS_ENGLISH or ".voice_language." in path
        assert file == ENGLISH or text != original or is_name, f"{path}: {text}"


def test_languages_of_voices() -> None:
    """Every language that a voice of Vivoka may have has a name."""
    named = load(ENGLISH)["selector"]["voice_language"]["options"]
    assert {bare_language(tag) for tag in map(cerence_tag, CODES) if tag} <= set(named)


# What stands alone in Home Assistant, too; and {error} is in the words of the service.
FRAGMENTS = {"unknown"}
ENDS_OF_SENTENCES = (".", "。", "{error}", "{voices}", "{ws}")


@pytest.mark.parametrize("file", TRANSLATIONS, ids=lambda file: file.stem)
def test_translations_are_consistent(file: Path) -> None:
    """What is the same in English is the same in every language; errors are sentences."""
    english, texts = dict(texts_of(load(ENGLISH))), dict(texts_of(load(file)))
    said: dict[tuple[str, str], str] = {}
    for path, text in texts.items():
        *parents, key = path.removesuffix(".message").split(".")
        if parents[-1] != "state":  # A state and an option can have different genders.
            assert said.setdefault((key, english[path]), text) == text, path
        if {"error", "exceptions"} & set(parents) and key not in FRAGMENTS:
            assert text.endswith(ENDS_OF_SENTENCES), f"{path}: {text}"


def test_icons() -> None:
    """Every entity has an icon; the one that speaks has the name of the entry."""
    icons, texts = load(INTEGRATION / "icons.json"), load(INTEGRATION / "translations" / "en.json")
    assert {platform: set(entities) for platform, entities in icons["entity"].items()} == {
        "tts": {"speech"},
        **{platform: set(entities) for platform, entities in texts["entity"].items()},
    }
    for entities in icons["entity"].values():
        assert all(re.fullmatch(r"mdi:[a-z-]+", icon["default"]) for icon in entities.values())


def quality_scale() -> dict[str, Any]:
    """Return what is said of every rule."""
    rules: dict[str, Any] = load_yaml_dict(str(INTEGRATION / "quality_scale.yaml"))["rules"]
    return rules


def test_quality_scale() -> None:
    """Every rule is there, done or exempt for a reason."""
    rules = quality_scale()
    assert set(rules) == RULES
    assert len(RULES) == 54
    for rule, status in rules.items():
        if isinstance(status, dict):
            assert status["status"] == "exempt", rule
            assert len(status["comment"]) > 20, rule
        else:
            assert status == "done", rule


def test_every_rule_has_a_proof() -> None:
    """The table for contributors leads from every rule to files, tests and chapters that exist."""
    text = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
    rows = dict(re.findall(r"^\| `([a-z-]+)` \| (.+) \|$", text, re.MULTILINE))
    assert set(rows) >= RULES
    chapters = re.findall(r"^#+ (.+)$", (ROOT / "README.md").read_text("utf-8"), re.MULTILINE)
    for rule in RULES:
        if isinstance(quality_scale()[rule], dict):
            assert rows[rule] == "exempt"
            continue
        proofs = re.findall(r"`([^`]+)`|README: ([^,|]+)", rows[rule])
        assert proofs, rule
        for reference, chapter in proofs:
            if chapter:
                assert chapter.strip() in chapters, rule
                continue
            name, _, what = reference.partition("::")
            file = next((path for path in (ROOT / name, INTEGRATION / name) if path.exists()), None)
            assert file, f"{rule}: {name}"
            assert not what or f"def {what}(" in file.read_text("utf-8"), f"{rule}: {what}"


@pytest.mark.parametrize("file", tracked(), ids=lambda file: str(file.relative_to(ROOT)))
def test_nothing_of_a_machine(file: Path) -> None:
    """No file names a folder of somebody's machine or the host of a package registry."""
    text = file.read_bytes().decode("utf-8", "replace")
    # Written so that it does not find itself.
    assert not re.search(r"/hom[e]/|/wor[k]/|/roo[t]/|pyp[i]\.org|debia[n]\.org", text)
