"""Vivoka VDK Service."""
