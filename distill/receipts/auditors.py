"""The files that come with Distill for those who check its work: the format, and verify.sh.

In the package they are links to the repository's ``receipts/``, which a wheel holds as files. Every
workspace and every release gets a copy, so that neither needs Distill to be checked.
"""

from pathlib import Path
from typing import Final

from distill.receipts import durable

_FOLDER: Final = Path(__file__).with_name("for_auditors")
_EXECUTABLE: Final = 0o755


def auditors_files() -> dict[str, bytes]:
    """Return what an auditor needs beside the receipts, by path below workspace or release."""
    return {f"receipts/{path.name}": path.read_bytes() for path in sorted(_FOLDER.iterdir())}


def hand_out(root: Path) -> None:
    """Write those files into a workspace, but for what lies there already under their names."""
    for name, content in auditors_files().items():
        place = root / name
        if place.exists() or place.is_symlink():
            continue
        durable.replace_file(place, content, durable.new_token())
        if place.suffix == ".sh":
            place.chmod(_EXECUTABLE)
