"""Reads; each returns frozen dataclasses, or a frame where rows are many."""
