"""Pieces of page: pure render functions."""
