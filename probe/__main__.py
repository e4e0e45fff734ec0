"""The command: python -m probe HOST --service vivoka|knovvu."""

import argparse
import asyncio
import io
import json
from pathlib import Path
import sys

import aiohttp

from custom_components.websocket_tts.speech import SERVICES
from custom_components.websocket_tts.speech.models import ConnectionConfig
from custom_components.websocket_tts.speech.transport.address import parse_address

from .probing import probe
from .report import Report

_WORKS, _FAILS, _WRONG, _INTERRUPTED = 0, 1, 2, 130


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m probe",
        description="Finds out what a speech server does. Takes up to a minute.",
        epilog="Exit code: 0 if the integration works with it, 1 if not, 2 wrong arguments, 130 interrupted.",
    )
    parser.add_argument("host", help="as in the form of the integration: name, address or URL")
    parser.add_argument("--service", required=True, choices=sorted(SERVICES))
    parser.add_argument("--voice", default="", help="to speak with (default: the first one of the list)")
    parser.add_argument("--token-file", type=Path, metavar="FILE", help="with the access token in it")
    parser.add_argument("--client-id")
    parser.add_argument("--client-secret-file", type=Path, metavar="FILE")
    parser.add_argument("--token-url")
    parser.add_argument("--insecure", action="store_true", help="do not verify the certificate")
    parser.add_argument(
        "--output", type=Path, default=Path("probed"), metavar="FOLDER", help="default: %(default)s"
    )
    return parser.parse_args()


def _connection(arguments: argparse.Namespace) -> ConnectionConfig:
    """Return the connection to the server. Raises SystemExit."""
    try:
        return ConnectionConfig(
            parse_address(arguments.host, SERVICES[arguments.service]),
            token=_secret(arguments.token_file),
            client_id=arguments.client_id,
            client_secret=_secret(arguments.client_secret_file),
            token_url=arguments.token_url,
        )
    except (ValueError, OSError) as err:
        print(f"probe: {err}", file=sys.stderr)
        raise SystemExit(_WRONG) from None


def _secret(file: Path | None) -> str | None:
    """Return the content of a file: on a command line, other users could read a secret."""
    # Some editors begin a file with a mark of its encoding.
    return file.read_text(encoding="utf-8-sig").strip() if file else None


async def _probe(arguments: argparse.Namespace, connection: ConnectionConfig) -> Report:
    connector = aiohttp.TCPConnector(ssl=not arguments.insecure)
    async with aiohttp.ClientSession(connector=connector) as session:
        return await probe(arguments.service, session, connection, arguments.voice)


def _print(report: Report) -> None:
    for question, found, use in report.lines():
        print(f"{question:16} {found}")
        if use:
            print(f"{'':16} -> {use}")
    print(f"{'works' if report.works else 'DOES NOT WORK':16} ({report.seconds:.1f} s)")


def _save(report: Report, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps(report.as_dict(), indent=1, ensure_ascii=False)
    (folder / "report.json").write_text(f"{text}\n", encoding="utf-8")
    if speech := report.wav():
        (folder / "speech.wav").write_bytes(speech)
    print(f"Report: {folder / 'report.json'}")


async def run() -> int:
    """Probe a server as the command line specifies; return the exit code."""
    arguments = _arguments()
    connection = _connection(arguments)
    print("Probing, which takes up to a minute ...", flush=True)
    report = await _probe(arguments, connection)
    _print(report)
    _save(report, arguments.output)
    return _WORKS if report.works else _FAILS


def main() -> int:
    """Run the command; return the exit code."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        # A file on Windows has an encoding that does not know every name of a voice.
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        return asyncio.run(run())
    except KeyboardInterrupt:
        print("probe: interrupted, nothing was saved", file=sys.stderr)
        return _INTERRUPTED


if __name__ == "__main__":
    sys.exit(main())
