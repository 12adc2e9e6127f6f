"""The set of files: nothing lies where receipts answer for all, unless a receipt names it."""

from collections.abc import Collection, Iterable, Iterator
from pathlib import Path
from typing import Final

from distill.receipts.faults import Fault
from distill.receipts.plain_files import files_below
from distill.receipts.receipt import Receipt
from distill.receipts.strict import HEX_256
from distill.receipts.verify.files import REPLACED

#: What trainers and later stages read. Other trees count where a current receipt writes them.
GUARDED: Final = ("data/evidence", "data/scored", "exports", "quarantine")
_ENGINES_OWN: Final = ("receipts", REPLACED, ".distill")
_ENGINES_FOLDERS: Final = (
    "receipts",
    "receipts/keys",
    "receipts/ledger",
    "receipts/ledger/checkpoints",
    "receipts/objects",
    "receipts/refs",
    REPLACED,
)
_PARTIAL: Final = ".partial"


def guarded_folders(current: Iterable[Receipt]) -> list[str]:
    """Return the folders in which every file must be named, none of them below another."""
    trees = {
        target.path
        for receipt in current
        for target in receipt.claim.targets
        if target.kind == "tree" and ":" not in target.path
    }
    folders = sorted({*GUARDED, *trees})
    return [one for one in folders if not any(_is_below(one, other) for other in folders)]


def added_faults(root: Path, folders: Iterable[str], named: Collection[str]) -> Iterator[Fault]:
    """Yield the files in these folders that are not named."""
    for folder in folders:
        for path in files_below(root / folder):
            shown = path.relative_to(root).as_posix()
            if shown not in named and not any(_is_below(shown, own) for own in _ENGINES_OWN):
                yield stray_fault(shown, "no current receipt names this file")


def replaced_strays(root: Path) -> Iterator[Fault]:
    """Yield what lies among the kept versions of outputs and is none."""
    for path in files_below(root / REPLACED):
        shown = path.relative_to(root).as_posix()
        if shown != f"{REPLACED}/{path.name}" or not HEX_256.fullmatch(path.name):
            yield stray_fault(shown, "the name is not that of a kept version of an output")


def link_faults(root: Path) -> Iterator[Fault]:
    """Yield the engine's own folders that are links: what they lead to is changed elsewhere."""
    for folder in _ENGINES_FOLDERS:
        if (root / folder).is_symlink():
            message = "one of the engine's own folders is a link"
            yield Fault("path_refused", folder, "a folder", "a link", message)


def stray_fault(shown: str, meaning: str) -> Fault:
    """Return the fault of a file that should not be there; a temporary one may go by itself."""
    parts = shown.split("/")
    if any(part.startswith(".") and part.endswith(_PARTIAL) for part in parts):
        message = "a temporary file of a run"
        return Fault("file_left_over", shown, "no file", "a temporary file", message)
    return Fault("file_added", shown, "no file", "a file", meaning)


def _is_below(path: str, folder: str) -> bool:
    return path.startswith(f"{folder}/")
