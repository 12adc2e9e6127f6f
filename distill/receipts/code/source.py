"""What a source file says, as values."""

from typing import NamedTuple

from distill.receipts.digest import Digest


class ImportName(NamedTuple):
    """One import: ``level`` dots, the module, and the name taken from it (empty: none)."""

    level: int
    module: str
    name: str


class Source(NamedTuple):
    """What a source file says. ``resources`` names packages whose data it opens (empty: its own).

    A name of them that begins with dots is relative. ``exports`` are the texts of ``__all__``.
    ``is_lazy``: the module computes attributes (``__getattr__``), so its imports can't be listed.
    """

    digest: Digest
    imports: tuple[ImportName, ...]
    resources: tuple[str, ...]
    is_lazy: bool
    exports: tuple[str, ...] = ()
