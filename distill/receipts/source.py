"""What a source file says, as values."""

from dataclasses import dataclass

from distill.receipts.digest import Digest


@dataclass(frozen=True, slots=True)
class ImportName:
    """One import: ``level`` dots, the module, and the name taken from it (empty: none)."""

    level: int
    module: str
    name: str


@dataclass(frozen=True, slots=True)
class Source:
    """What a source file says. ``resources`` names packages whose data it opens (empty: its own).

    ``is_lazy``: the module computes attributes (``__getattr__``), so its imports can't be listed.
    """

    digest: Digest
    imports: tuple[ImportName, ...]
    resources: tuple[str, ...]
    is_lazy: bool
