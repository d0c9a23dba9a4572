"""Many rows at once: COPY in and out, staging, and one set-based merge."""
