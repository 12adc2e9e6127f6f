"""Releases: immutable sets that can be sent to somebody who has nothing else."""

__all__: list[str] = []
