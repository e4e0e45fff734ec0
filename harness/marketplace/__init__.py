"""A Home Assistant whose Marketplace downloads from a server on the loopback address."""
