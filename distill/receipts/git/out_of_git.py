"""Folders of private keys are kept out of git."""

from pathlib import Path


def keep_out_of_git(folder: Path) -> None:
    """Tell git to ignore all of a folder, unless somebody has said what it is to ignore there.

    Raises:
        OSError: the folder can't be written to.
    """
    path = folder / ".gitignore"
    if not path.exists():
        path.write_text("*\n", encoding="ascii")
