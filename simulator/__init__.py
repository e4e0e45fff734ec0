"""A simulator of both speech services as a local server, for the demo and the tests."""

from .app import Simulator
from .engine import Request
from .habits import Cut, Habits, KnovvuHabits, VivokaHabits

__all__ = ["Cut", "Habits", "KnovvuHabits", "Request", "Simulator", "VivokaHabits"]
