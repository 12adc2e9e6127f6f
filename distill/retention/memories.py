"""What ``.distill`` remembers of stages and of their code, once no current receipt names them."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from distill.receipts.receipt import Receipt
from distill.receipts.workspace import Workspace

_CODE: Final = ".distill/code"
_OF_SLOTS: Final = (".distill/incremental", ".distill/outlines")


def forgotten(workspace: Workspace, current: Sequence[Receipt]) -> Iterator[Path]:
    """Yield the files that nothing asks for any more; ``current`` are the newest passing receipts.

    All of them are derived: a stage that would have used one does a full run instead.
    """
    code = {one.hex for receipt in current for one in receipt.claim.code.files.values()}
    slots = {f"{receipt.claim.stage}-{receipt.slot[:16]}" for receipt in current}
    yield from _others(workspace.root / _CODE, code)
    for folder in _OF_SLOTS:
        yield from _others(workspace.root / folder, slots)


def _others(folder: Path, names: set[str]) -> Iterator[Path]:
    """Yield the files of a folder that bear none of these names."""
    if folder.is_dir():
        yield from (file for file in sorted(folder.iterdir()) if file.name not in names)
