"""HTTP, WebSockets, addresses, and access tokens."""
