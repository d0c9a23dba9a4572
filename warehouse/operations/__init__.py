"""Writes; each is one audited step of the caller's transaction."""
