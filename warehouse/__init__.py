"""The record: the only package that knows SQL, and the only one that decides."""
