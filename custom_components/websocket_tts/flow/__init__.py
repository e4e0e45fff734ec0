"""Forms: the connection to a service, and its voices."""
