"""Both speech services as one local server, for the demo and the tests."""

from .habits import Cut, Habits, KnovvuHabits, VivokaHabits
from .server import Request, Simulator

__all__ = ["Cut", "Habits", "KnovvuHabits", "Request", "Simulator", "VivokaHabits"]
