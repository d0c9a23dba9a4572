"""One page per file; each reads, shows and asks."""
