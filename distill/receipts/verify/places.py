"""From recorded paths to places on this machine, none of them outside of workspace and roots."""

import os
from pathlib import Path

from distill.errors import VerificationError
from distill.receipts.faults import Fault
from distill.receipts.paths import split_root
from distill.receipts.receipt import FileEntry
from distill.receipts.workspace import Workspace


class Places:
    """Finds the files that receipts name; what is known of a folder is looked up once."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._inside: dict[Path, bool] = {}

    def of(self, entry: FileEntry) -> Path | Fault:
        """Return where a file lies, or why it is not looked for; its last part may be a link."""
        root, below = split_root(entry.path)
        if root is not None and root not in self._workspace.roots:
            message = f"the root {root!r} is not named in distill.toml here"
            return Fault("root_unknown", entry.path, str(entry.blake3), "nothing", message)
        base = self._workspace.root if root is None else self._workspace.roots[root]
        path = base / below
        if path.parent not in self._inside:
            real = Path(os.path.realpath(path.parent))
            self._inside[path.parent] = real.is_relative_to(os.path.realpath(base))
        if self._inside[path.parent] and not path.is_symlink():
            return path
        try:
            return self._workspace.resolve(entry.path)
        except VerificationError as error:
            return Fault("path_refused", entry.path, "a path inside", "a way out", error.message)
