"""A real Home Assistant and the simulator as processes, for the demo and for tests of the whole."""
