"""A workspace: `distill.toml` read strictly, and the files that it names."""
