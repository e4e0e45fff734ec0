"""Looks for what breaks the integration: hostile servers, damaged frames, and long days."""
