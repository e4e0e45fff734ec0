"""A third service, which only tests have: text goes out in a plain HTTP POST, a WAV comes back."""
