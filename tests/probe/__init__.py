"""The probe of a server that nobody has met."""
