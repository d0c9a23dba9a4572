"""Who is asking: sessions, sign-in, the gate in front of every page."""
