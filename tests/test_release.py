"""What scripts/release checks, and makes."""

from pathlib import Path
import subprocess
import zipfile

import pytest

ROOT = Path(__file__).parents[1]
SCRIPT = ROOT / "scripts" / "release"
INTEGRATION = "custom_components/websocket_tts"
CHANGELOG = """# Changelog

## [Unreleased]

## [1.1.0] - 2026-12-01

- Faster.

## [1.0.0] - 2026-11-21

- First.
"""
LINKS = "\n[1.1.0]: https://example.com/1.1.0\n"


def git(folder: Path, *arguments: str) -> None:
    """Run git as an author of its own."""
    who = ["-c", "user.name=Test", "-c", "user.email=test@example.com", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", *who, *arguments], cwd=folder, check=True, capture_output=True)  # noqa: S603, S607


def repository(folder: Path, version: str, changelog: str) -> None:
    """Make a repository with one commit."""
    integration = folder / INTEGRATION
    integration.mkdir(parents=True)
    (integration / "manifest.json").write_text(f'{{"version": "{version}"}}', "utf-8")
    (folder / "CHANGELOG.md").write_text(changelog, "utf-8")
    git(folder, "init", "--quiet")
    git(folder, "add", ".")
    git(folder, "commit", "--quiet", "--message=All")


def release(folder: Path, *tag: str) -> subprocess.CompletedProcess[str]:
    """Run the script in a repository."""
    return subprocess.run([SCRIPT, *tag], cwd=folder, check=False, capture_output=True, text=True)  # noqa: S603


def test_this_repository() -> None:
    """The manifest and the changelog agree."""
    done = release(ROOT)
    assert (done.returncode, done.stderr) == (0, "")


def test_data_is_released() -> None:
    """What is read beside the code is part of the repository, and so of its releases."""
    listing = ["git", "ls-files", "--cached", "--others", "--exclude-standard", INTEGRATION]
    done = subprocess.run(listing, cwd=ROOT, check=True, capture_output=True, text=True)  # noqa: S603
    data = {path.relative_to(ROOT).as_posix() for path in (ROOT / INTEGRATION).rglob("*.json")}
    assert f"{INTEGRATION}/speech/text/abbreviations.json" in data
    assert data <= set(done.stdout.splitlines())


def test_release(tmp_path: Path) -> None:
    """A release has the integration of the tagged commit, and what the changelog says of it."""
    repository(tmp_path, "1.1.0", CHANGELOG + LINKS)
    git(tmp_path, "tag", "1.1.0")
    (tmp_path / INTEGRATION / "later.py").write_text("", "utf-8")
    (tmp_path / "CHANGELOG.md").write_text("Later", "utf-8")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "--quiet", "--message=Later")
    done = release(tmp_path, "1.1.0")
    assert (done.returncode, done.stderr) == (0, "")
    with zipfile.ZipFile(tmp_path / "dist" / "websocket_tts.zip") as archive:
        assert archive.namelist() == ["manifest.json"]
    assert (tmp_path / "dist" / "notes.md").read_text("utf-8") == "- Faster.\n"


@pytest.mark.parametrize(
    ("version", "changelog", "tag", "complaint"),
    [
        ("1.1.0", CHANGELOG, "1.1.1", "the tag is 1.1.1, but the version is 1.1.0"),
        ("1.1.0", CHANGELOG, "v1.1.0", "the tag is v1.1.0, but the version is 1.1.0"),
        (
            "1.0.0",
            CHANGELOG,
            "1.0.0",
            "the manifest has version 1.0.0, but the newest version of the changelog is 1.1.0",
        ),
        ("1.1.0", CHANGELOG.replace("- Faster.\n", ""), "1.1.0", "the changelog says nothing about 1.1.0"),
        (
            "1.1.0",
            CHANGELOG.replace("[Unreleased]\n", "[Unreleased]\n\n- Later.\n"),
            "1.1.0",
            "the changelog has unreleased changes: move them to the version",
        ),
    ],
    ids=["tag", "letter", "changelog", "empty", "unreleased"],
)
def test_refused(tmp_path: Path, version: str, changelog: str, tag: str, complaint: str) -> None:
    """What does not agree is not released."""
    repository(tmp_path, version, changelog)
    git(tmp_path, "tag", tag)
    done = release(tmp_path, tag)
    assert (done.returncode, done.stderr) == (1, f"release: {complaint}\n")
    assert not (tmp_path / "dist").exists()


def test_unreleased_changes(tmp_path: Path) -> None:
    """Between releases, the changelog may have more than the manifest."""
    repository(tmp_path, "1.1.0", CHANGELOG.replace("[Unreleased]\n", "[Unreleased]\n\n- Later.\n"))
    assert release(tmp_path).returncode == 0
