"""Conversion of a text stream to the segments to synthesize."""
