"""Text -> the segments to synthesize."""
