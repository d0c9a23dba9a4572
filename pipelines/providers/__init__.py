"""Whoever provides facts over the network, each spoken to in its own words."""
