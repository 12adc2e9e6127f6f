"""Small logs, made here in the shapes of real ones: a module a format, files as path → bytes."""
