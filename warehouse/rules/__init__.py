"""What is allowed and what follows: pure, no database, no clock."""
