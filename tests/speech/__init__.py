"""Tests of the client library, which run without Home Assistant."""
