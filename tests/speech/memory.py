"""What objects keep in memory."""

import gc
from types import FunctionType, ModuleType


def strings_of(thing: object) -> set[str]:
    """Return all strings that an object keeps alive, classes, functions and modules aside."""
    seen: dict[int, object] = {}
    waiting = [thing]
    while waiting:
        found = waiting.pop()
        if id(found) not in seen and not isinstance(found, type | FunctionType | ModuleType):
            seen[id(found)] = found
            waiting += gc.get_referents(found)
            # Those that are strings are not told otherwise.
            waiting += found if isinstance(found, dict) else ()
    return {found for found in seen.values() if isinstance(found, str)}
