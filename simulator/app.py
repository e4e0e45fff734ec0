"""The local server: the services on one engine."""

from collections.abc import Callable

from aiohttp import web

from . import knovvu, vivoka
from .engine import Engine

SERVICES: dict[str, Callable[[Engine], list[web.RouteDef]]] = {
    "vivoka": vivoka.routes,
    "knovvu": knovvu.routes,
}
"""What makes the routes of each service, by its kind; no two services have the same ones."""


class Simulator(Engine):
    """All services, according to their habits."""

    def app(self) -> web.Application:
        """Return the server."""
        app = web.Application()
        for routes in SERVICES.values():
            app.add_routes(routes(self))
        return app
