"""Which code a stage runs, and what is refused."""
