"""The folder of a release while it is built: every file is copied or written once, and noted.

Files are copied, never linked: a link would share its bytes and its mode with the working copy,
which people edit in place. Where the file system can, the kernel copies by reference (reflink), so
that a release of large sets costs no space.
"""

import os
import shutil
from hashlib import sha256
from pathlib import Path

from distill.errors import VerificationError
from distill.receipts import durable
from distill.receipts.digest import Sha256, digest_bytes
from distill.receipts.release_manifest import ReleasedFile

READ_ONLY_FOLDER = 0o555
_AT_ONCE = 1 << 30


class ReleaseFolder:
    """Collects the files of a release under its temporary name."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._files: dict[str, ReleasedFile] = {}
        root.mkdir(parents=True)

    @property
    def files(self) -> tuple[ReleasedFile, ...]:
        """What was copied and written so far, sorted by path."""
        return tuple(self._files[path] for path in sorted(self._files))

    def copy(self, source: Path, file: ReleasedFile) -> None:
        """Copy a file that must be as told; whether it is shows when all is verified.

        Raises:
            VerificationError: the file is missing, or no plain file.
        """
        if source.is_symlink() or not source.is_file():
            raise VerificationError(
                f"{source} is missing, or is no plain file", "see `distill verify`"
            )
        copy_bytes(source, self._place(file.path))
        self._note(file)

    def write(self, path: str, content: bytes) -> None:
        """Write a file of the release's own."""
        self._place(path).write_bytes(content)
        digest = Sha256(sha256(content).hexdigest())
        self._note(ReleasedFile(digest_bytes(content), len(content), path, digest))

    def sign_off(self, name: str, content: bytes) -> None:
        """Write a file that no list names: the manifest, or a signature of it."""
        place = self.root / name
        place.write_bytes(content)
        place.chmod(durable.READ_ONLY)

    def seal(self) -> None:
        """Make all of it durable and read-only.

        One ``sync`` of the whole system stands for an ``fsync`` of each of thousands of receipts,
        which takes milliseconds each; the folder's own name is made durable by who renames it.
        """
        os.sync()
        for folder, _, _ in os.walk(self.root, topdown=False):
            Path(folder).chmod(READ_ONLY_FOLDER)
        durable.sync_folder(self.root)

    def _place(self, path: str) -> Path:
        place = self.root / path
        place.parent.mkdir(parents=True, exist_ok=True)
        return place

    def _note(self, file: ReleasedFile) -> None:
        (self.root / file.path).chmod(durable.READ_ONLY)
        self._files[file.path] = file


def copy_bytes(source: Path, place: Path) -> None:
    """Copy the bytes of a file into a new one, by reference where the file system can."""
    with source.open("rb", buffering=0) as old, place.open("xb", buffering=0) as new:
        try:
            while os.copy_file_range(old.fileno(), new.fileno(), _AT_ONCE):
                pass
        except (AttributeError, OSError):
            # Another system, file system or kernel: from where it stopped, by hand.
            shutil.copyfileobj(old, new, 1 << 20)


def remove_folder(root: Path) -> None:
    """Remove a release's folder, read-only as it may be; one that is not there is removed."""
    for folder, _, _ in os.walk(root):
        Path(folder).chmod(0o755)
    if root.exists():
        shutil.rmtree(root)
