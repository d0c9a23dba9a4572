"""Dagster: brings facts in and carries messages out."""
