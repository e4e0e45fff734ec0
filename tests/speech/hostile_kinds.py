"""The servers that are not as they should be, by the kind of their service."""

from .hostile_knovvu import KnovvuServer
from .hostile_servers import Server
from .hostile_vivoka import VivokaServer

KINDS: dict[str, type[Server]] = {"vivoka": VivokaServer, "knovvu": KnovvuServer}
