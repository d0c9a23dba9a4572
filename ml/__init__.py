"""Turns rows into probabilities: frames in, frames out, no SQL and no Dagster."""
