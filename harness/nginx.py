"""A real reverse proxy, nginx, in front of two speech servers."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from .process import free_port, running

START_TIMEOUT = 15.0
PREFIX = "/speech"
_DOCUMENTATION = Path(__file__).parents[1] / "docs" / "connections.md"
_CONFIGURATION = """
daemon off;
worker_processes 1;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{ worker_connections 1024; }}
http {{
  access_log off;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
{documented}
}}
"""


def _documented(certificate: Path, ports: Sequence[int], port: int) -> str:
    """Return the configuration of the documentation, with the addresses and the certificate of a test."""
    _, _, text = _DOCUMENTATION.read_text("utf-8").partition("```nginx\n")
    text, _, _ = text.partition("```")
    for written, actual in {
        "192.168.1.21:39806": f"127.0.0.1:{ports[0]}",
        "192.168.1.22:39806": f"127.0.0.1:{ports[1]}",
        "listen 443 ssl": f"listen 127.0.0.1:{port} ssl",
        "speech.pem": str(certificate),
        "speech.key": str(certificate),
    }.items():
        if written not in text:
            raise ValueError(f"the documentation has no {written}")
        text = text.replace(written, actual)
    return text


@asynccontextmanager
async def nginx(
    folder: Path, certificate: Path, ports: Sequence[int], port: int | None = None
) -> AsyncGenerator[int]:
    """Run nginx with TLS in front of the servers at two ports; yield its own port."""
    port = port or free_port()
    configuration = folder / "nginx.conf"
    configuration.write_text(
        _CONFIGURATION.format(folder=folder, documented=_documented(certificate, ports, port)),
        encoding="utf-8",
    )
    command = ["nginx", "-p", str(folder), "-c", str(configuration), "-e", str(folder / "error.log")]
    async with running(command, folder / "nginx.log", folder):
        async with asyncio.timeout(START_TIMEOUT):
            while True:
                try:
                    _, writer = await asyncio.open_connection("127.0.0.1", port)
                except OSError:
                    await asyncio.sleep(0.01)
                else:
                    writer.close()
                    break
        yield port
