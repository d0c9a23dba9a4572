"""Tables, one file per Postgres schema; private to queries and operations."""
