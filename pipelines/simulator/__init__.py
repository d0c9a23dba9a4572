"""Providers on loopback, for development and tests: they speak as the real ones and misbehave."""
