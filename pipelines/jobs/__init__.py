"""Jobs and the lanes they run in."""
