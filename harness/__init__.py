"""A real Home Assistant and other programs as processes, for the demo and the end-to-end tests."""
