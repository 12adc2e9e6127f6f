"""The engine's own files: what of it makes outputs, or says what they are."""

from collections.abc import Iterator
from pathlib import Path

ENGINE = Path(__file__).resolve().parent
_FOLDERS = (ENGINE, *(ENGINE / name for name in ("code", "git", "incremental", "processes")))


def engine_folders() -> tuple[Path, ...]:
    """Return the folders that the files lie in."""
    return _FOLDERS


def engine_files() -> Iterator[Path]:
    """Yield the files, sorted in each folder."""
    return (file for folder in _FOLDERS for file in sorted(folder.glob("*.py")))
