"""Where facts come from: one module per provider."""
