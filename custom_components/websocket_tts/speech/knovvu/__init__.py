"""Knovvu TTS by SESTEK."""
