"""What the files hold: evidence, scored runs, samples, quarantine rows, and the taxonomies."""
