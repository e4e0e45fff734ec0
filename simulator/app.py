"""The server with both services."""

from aiohttp import web

from . import knovvu, vivoka
from .engine import Engine


class Simulator(Engine):
    """Both services, as their habits say."""

    def app(self) -> web.Application:
        """Return the server."""
        app = web.Application()
        app.add_routes(vivoka.routes(self) + knovvu.routes(self))
        return app
