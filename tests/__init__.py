"""The tests. What they import goes by their clock."""

from asyncio import constants
import time

from . import clock

time.monotonic = clock.monotonic
# The test plugin of Home Assistant turns on debugging, in which each future and each callback keeps the stack
# that it comes from. Ten frames of it take half of the time of a test; what is checked is the same with one.
constants.DEBUG_STACK_DEPTH = 1  # type: ignore[misc]
