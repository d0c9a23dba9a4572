"""Asset-check factories."""
