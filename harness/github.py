"""GitHub with one repository, as far as the Marketplace uses it: its tree, releases and archives."""

from base64 import b64encode
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
import json
import os
from pathlib import Path
import subprocess
import sys

from aiohttp import web

from simulator.serving import served

from .process import free_port

ROOT = Path(__file__).parents[1]
OWNER_AND_NAME = "websocket-tts/websocket-tts"
ACCOUNT_TOKEN = "github-token"  # noqa: S105 (that the Marketplace has of a connected account)
ASSET = "websocket_tts.zip"
_BRANCH = "main"
_MANIFEST = "custom_components/websocket_tts/manifest.json"
_CHANGELOG = "CHANGELOG.md"
_AUTHOR = {
    f"GIT_{role}_{key}": value
    for role in ("AUTHOR", "COMMITTER")
    for key, value in (("NAME", "Test"), ("EMAIL", "test@example.com"))
}


type _Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass(frozen=True, slots=True)
class Repository:
    """A bare git repository with the tree of this project's last commit, released in several versions."""

    folder: Path

    @classmethod
    def create(cls, folder: Path) -> Repository:
        """Create it without any release; its objects are those of this project's repository."""
        subprocess.run(["git", "init", "--quiet", "--bare", folder], check=True)  # noqa: S603, S607
        objects = ROOT / _git(ROOT, "rev-parse", "--git-path", "objects").decode().strip()
        (folder / "objects" / "info" / "alternates").write_text(f"{objects}\n", encoding="utf-8")
        return cls(folder)

    def git(self, *arguments: str, stdin: bytes | None = None) -> bytes:
        """Return the output of git. Raises CalledProcessError if it fails."""
        return _git(self.folder, *arguments, stdin=stdin)

    def release(self, version: str) -> None:
        """Release the last commit of this project with another version, and all changes of its changelog."""
        head = _git(ROOT, "rev-parse", "HEAD").decode().strip()
        manifest = json.loads(self.file(head, _MANIFEST)) | {"version": version}
        heading = "## [Unreleased]\n"
        released = f"{heading}\n## [{version}]\n\nReleased for a test.\n"
        changes = {
            _MANIFEST: json.dumps(manifest, indent=2),
            _CHANGELOG: self.file(head, _CHANGELOG).decode().replace(heading, released),
        }
        self.git("read-tree", head)
        for path, text in changes.items():
            blob = self.git("hash-object", "-w", "--stdin", stdin=text.encode()).decode().strip()
            self.git("update-index", "--cacheinfo", f"100644,{blob},{path}")
        tree = self.git("write-tree").decode().strip()
        commit = self.git("commit-tree", tree, "-m", version).decode().strip()
        self.git("update-ref", f"refs/heads/{_BRANCH}", commit)
        self.git("tag", version, commit)

    def releases(self) -> list[str]:
        """Return the versions, newest first."""
        return self.git("tag", "--sort=-v:refname").decode().split()

    def file(self, ref: str, path: str) -> bytes:
        """Return a file at a commit."""
        return self.git("show", f"{ref}:{path}")

    def tree(self, ref: str) -> list[dict[str, str]]:
        """Return all files and folders at a commit."""
        rows = self.git("ls-tree", "-r", "-t", "-z", ref).decode().rstrip("\0").split("\0")
        return [
            {"path": path, "mode": mode, "type": kind, "sha": sha}
            for (mode, kind, sha), path in (
                (head.split(), path) for head, path in (row.split("\t") for row in rows)
            )
        ]

    def archive(self, ref: str) -> bytes:
        """Return all files at a commit, in one folder."""
        name = OWNER_AND_NAME.rpartition("/")[2]
        return self.git("archive", "--format=zip", f"--prefix={name}-{ref}/", ref)

    def asset(self, version: str) -> bytes:
        """Return the archive that scripts/release attaches to a release."""
        command = [sys.executable, str(ROOT / "scripts" / "release"), version]
        subprocess.run(command, cwd=self.folder, check=True)  # noqa: S603
        return (self.folder / "dist" / ASSET).read_bytes()


def _git(folder: Path, *arguments: str, stdin: bytes | None = None) -> bytes:
    command = ["git", *arguments]
    environment = {**os.environ, **_AUTHOR}
    return subprocess.run(  # noqa: S603
        command, cwd=folder, env=environment, input=stdin, check=True, stdout=subprocess.PIPE
    ).stdout


@dataclass(slots=True)
class GitHub:
    """The server of a repository."""

    url: str
    repository: Repository
    refused: list[str] = field(default_factory=list)
    """Paths that were requested and do not exist."""

    def app(self) -> web.Application:
        """Return the API, the files and archives of the repository, and an empty catalog."""
        app = web.Application(middlewares=[self._note_refused])
        api, project = f"/api/repos/{OWNER_AND_NAME}", f"/{OWNER_AND_NAME}"
        app.add_routes(
            [
                web.get("/api/rate_limit", self._rate_limit),
                web.get(api, self._details),
                web.get(f"{api}/releases", self._releases),
                web.get(f"{api}/branches/{_BRANCH}", self._branch),
                web.get(f"{api}/git/trees/{{ref:.+}}", self._tree),
                web.get(f"{api}/contents/{{path:.+}}", self._contents),
                web.get(f"/raw{project}/{{ref}}/{{path:.+}}", self._raw),
                web.get(f"{project}/archive/refs/tags/{{ref}}.zip", self._archive),
                web.get(f"{project}/releases/download/{{ref}}/{ASSET}", self._asset),
                web.get("/catalog/{section}/data.json", self._catalog),
            ]
        )
        return app

    @web.middleware
    async def _note_refused(self, request: web.Request, handler: _Handler) -> web.StreamResponse:
        try:
            return await handler(request)
        except web.HTTPNotFound, subprocess.CalledProcessError:
            self.refused.append(request.path)
            return web.json_response({"message": "Not Found"}, status=404)

    async def _rate_limit(self, _request: web.Request) -> web.Response:
        return _json({"resources": {"core": {"limit": 5000, "remaining": 5000, "reset": 0, "used": 0}}})

    async def _details(self, request: web.Request) -> web.Response:
        if request.headers.get("Authorization") != f"token {ACCOUNT_TOKEN}":
            return web.json_response({"message": "Bad credentials"}, status=401)
        owner, _, name = OWNER_AND_NAME.partition("/")
        return _json(
            {
                "id": 1_000_000_001,
                "name": name,
                "full_name": OWNER_AND_NAME,
                "owner": {"login": owner},
                "default_branch": _BRANCH,
                "description": "Streaming text-to-speech with Vivoka and Knovvu",
                "topics": ["home-assistant", "hacs", "text-to-speech"],
                "license": {"spdx_id": "MIT"},
                "archived": False,
                "has_issues": True,
                "open_issues": 0,
                "open_issues_count": 0,
                "stargazers_count": 1,
                "pushed_at": "2026-11-21T08:00:00Z",
            }
        )

    async def _releases(self, _request: web.Request) -> web.Response:
        return _json([self._release(version) for version in self.repository.releases()])

    def _release(self, version: str) -> dict[str, object]:
        url = f"{self.url}/{OWNER_AND_NAME}/releases/download/{version}/{ASSET}"
        return {
            "tag_name": version,
            "name": version,
            "body": f"What is new in {version}.",
            "draft": False,
            "prerelease": False,
            "published_at": "2026-11-21T08:00:00Z",
            "assets": [{"name": ASSET, "download_count": 0, "browser_download_url": url}],
        }

    async def _branch(self, _request: web.Request) -> web.Response:
        return _json(
            {"name": _BRANCH, "commit": {"sha": self.repository.git("rev-parse", _BRANCH).decode().strip()}}
        )

    async def _tree(self, request: web.Request) -> web.Response:
        ref = request.match_info["ref"]
        return _json({"sha": ref, "truncated": False, "tree": self.repository.tree(ref)})

    async def _contents(self, request: web.Request) -> web.Response:
        path = request.match_info["path"]
        content = b64encode(self.repository.file(request.query["ref"], path)).decode()
        return _json({"type": "file", "path": path, "encoding": "base64", "content": content})

    async def _raw(self, request: web.Request) -> web.Response:
        return web.Response(body=self.repository.file(request.match_info["ref"], request.match_info["path"]))

    async def _archive(self, request: web.Request) -> web.Response:
        return web.Response(body=self.repository.archive(request.match_info["ref"]))

    async def _asset(self, request: web.Request) -> web.Response:
        return web.Response(body=self.repository.asset(request.match_info["ref"]))

    async def _catalog(self, request: web.Request) -> web.Response:
        lists = request.match_info["section"] in ("removed", "critical")
        return _json([] if lists else {})


def _json(content: object) -> web.Response:
    etag = {"ETag": f'"{hash(json.dumps(content))}"'}
    return web.json_response(content, headers=etag)


@asynccontextmanager
async def github(repository: Repository) -> AsyncGenerator[GitHub]:
    """Serve a repository on the loopback address."""
    port = free_port()
    server = GitHub(f"http://127.0.0.1:{port}", repository)
    async with served(server.app(), port):
        yield server


def connected_account(entry_id: str) -> Mapping[str, object]:
    """Return the stored config entries of a Home Assistant whose Marketplace has a connected account."""
    when = "2026-11-21T08:00:00.000000+00:00"
    entry: dict[str, object] = {
        "created_at": when,
        "data": {"token": ACCOUNT_TOKEN},
        "disabled_by": None,
        "discovery_keys": {},
        "domain": "marketplace",
        "entry_id": entry_id,
        "minor_version": 1,
        "modified_at": when,
        "options": {},
        "pref_disable_new_entities": False,
        "pref_disable_polling": False,
        "source": "system",
        "subentries": [],
        "title": "",
        "unique_id": None,
        "version": 1,
    }
    return {"version": 1, "minor_version": 5, "key": "core.config_entries", "data": {"entries": [entry]}}
