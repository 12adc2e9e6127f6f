"""What differs between two states of a workspace, row by row, and why."""
