"""What git says of a folder, and what may not come into it."""
