"""The files that come with Distill for those who check its work: the format, and verify.sh.

They are links to the repository's ``receipts/``, which a wheel holds as files.
"""

from pathlib import Path
from typing import Final

_FOLDER: Final = Path(__file__).with_name("for_auditors")


def auditors_files() -> dict[str, bytes]:
    """Return what lies in every release's ``receipts/``, by path in the release."""
    return {f"receipts/{path.name}": path.read_bytes() for path in sorted(_FOLDER.iterdir())}
