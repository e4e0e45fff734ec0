"""PCM samples, the audio buffer and WAV headers."""
