"""Incremental stages: outputs are those of a full rebuild, and only what changed is computed."""
