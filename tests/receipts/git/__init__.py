"""What git says of code, and of a hostile repository."""
