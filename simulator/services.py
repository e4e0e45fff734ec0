"""The services that the simulator plays."""

from collections.abc import Callable

from aiohttp import web

from . import knovvu, vivoka
from .server import Simulator

SERVICES: dict[str, Callable[[Simulator], list[web.RouteDef]]] = {
    "vivoka": vivoka.routes,
    "knovvu": knovvu.routes,
}
"""What makes the routes of each service, by its kind; no two services have the same ones."""
