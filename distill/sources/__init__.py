"""Log formats: one module a format, bytes in, drafts of runs out; pure, no file is opened here."""
