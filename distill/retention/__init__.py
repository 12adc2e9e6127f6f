"""What a run, a source or a file touched, its withdrawal, and what may be deleted."""
