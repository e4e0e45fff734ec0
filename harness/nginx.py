"""A real reverse proxy, nginx, in front of two speech servers."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from .process import free_port, running

START_TIMEOUT = 15.0
PREFIX = "/speech"
# A client without a cookie is assigned to one of both; if that one is unreachable, the other takes over.
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
  split_clients $request_id $dealt {{ 50% one; * two; }}
  map $cookie_backend $backend {{ one one; two two; default $dealt; }}
  map $http_upgrade $connection_upgrade {{ default upgrade; "" close; }}
  upstream one {{ server 127.0.0.1:{ports[0]} max_fails=0; server 127.0.0.1:{ports[1]} backup; }}
  upstream two {{ server 127.0.0.1:{ports[1]} max_fails=0; server 127.0.0.1:{ports[0]} backup; }}
  server {{
    listen 127.0.0.1:{port} ssl;
    ssl_certificate {certificate};
    ssl_certificate_key {certificate};
    location {prefix}/ {{
      rewrite ^{prefix}(/.*)$ $1 break;
      proxy_pass http://$backend;
      add_header Set-Cookie "backend=$backend; Path={prefix}/; Secure; HttpOnly" always;
      proxy_http_version 1.1;
      proxy_set_header Upgrade $http_upgrade;
      proxy_set_header Connection $connection_upgrade;
      proxy_buffering off;
      proxy_read_timeout 1h;
      proxy_next_upstream error timeout http_502 http_503 non_idempotent;
    }}
  }}
}}
"""


@asynccontextmanager
async def nginx(
    folder: Path, certificate: Path, ports: Sequence[int], port: int | None = None
) -> AsyncGenerator[int]:
    """Run nginx with TLS in front of the servers at two ports; yield its own port."""
    port = port or free_port()
    configuration = folder / "nginx.conf"
    configuration.write_text(
        _CONFIGURATION.format(folder=folder, certificate=certificate, ports=ports, port=port, prefix=PREFIX),
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
