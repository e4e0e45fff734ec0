"""Samples: their format, their way to the listener, and WAV around them."""
