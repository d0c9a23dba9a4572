"""What runs by the wall clock alone, on a live desk."""
