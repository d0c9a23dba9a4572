"""COPY in and out, staging tables and set-based merges."""
