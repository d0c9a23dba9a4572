"""Thin sensors: ask the warehouse what is due."""
