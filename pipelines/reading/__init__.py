"""What people and agencies send us about trips, read into segments whoever wrote it."""
