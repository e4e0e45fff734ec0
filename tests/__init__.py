"""Tests of WebSocket TTS."""
