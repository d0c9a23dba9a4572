"""Where facts come from: one module per provider, each handing out frames in our own words."""
