"""How fast it is: see README.md beside this file."""
