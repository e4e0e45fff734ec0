"""One announcement: who speaks it, its chime, and what came of it."""
