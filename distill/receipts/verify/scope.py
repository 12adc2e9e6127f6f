"""What a verification is about: the whole workspace, or receipts, files and datasets in it.

What stands in a narrower scope is looked at with all that it stands on: the receipts of its parents
up to the raw logs, and, but for a single file, the files that they name. The ledger is always
looked at as a whole.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from distill.errors import ConfigurationError
from distill.receipts.digest import Digest
from distill.receipts.ledger.entries import Recorded
from distill.receipts.receipt import Receipt
from distill.receipts.verify.file_set import GUARDED, guarded_folders
from distill.receipts.verify.ledger_view import LedgerView
from distill.receipts.verify.objects import OBJECTS, Objects
from distill.receipts.workspace import Workspace

_MIN_PREFIX: Final = 4
_DATASETS: Final = "exports"


@dataclass(frozen=True)
class Scope:
    """What is looked at.

    ``digests`` names the receipts that are judged, null: all. Of ``holders`` the files are read,
    but only those in ``paths``, where that is not null. Every file in ``folders`` must be named.
    ``targets`` are the receipts that were asked for by name.
    """

    digests: frozenset[Digest] | None
    holders: tuple[Receipt, ...]
    folders: tuple[str, ...]
    paths: frozenset[str] | None = None
    targets: frozenset[Digest] = field(default=frozenset())

    @property
    def is_whole(self) -> bool:
        """Whether all of the workspace is looked at."""
        return self.digests is None

    def judges(self, digest: Digest) -> bool:
        """Whether the receipt of this digest is judged."""
        return self.digests is None or digest in self.digests

    def reads(self, path: str) -> bool:
        """Whether a file that a holder names is read."""
        return self.paths is None or path in self.paths


class Targets:
    """Finds what a person means by a text."""

    def __init__(self, workspace: Workspace, objects: Objects, view: LedgerView) -> None:
        self._workspace = workspace
        self._objects = objects
        self._view = view
        self._current = tuple(objects.current())
        self._made = _by_path((one, e.path) for one in self._current for e in one.claim.outputs)
        self._read = _by_path((one, e.path) for one in self._current for e in one.claim.inputs)

    def scope(self, texts: Iterable[str]) -> Scope:
        """Return the scope of all these targets together; without any it is the whole workspace.

        Raises:
            ConfigurationError: nothing, or more than one thing, is called so.
        """
        parts = [self._one(text) for text in texts]
        if not parts:
            folders = guarded_folders(self._current)
            return Scope(None, self._current, tuple(folders))
        if len(parts) == 1:
            return parts[0]
        paths = [part.paths or _named(part.holders) for part in parts]
        return Scope(
            frozenset().union(*(part.digests or () for part in parts)),
            tuple({one.digest: one for part in parts for one in part.holders}.values()),
            tuple({folder: None for part in parts for folder in part.folders}),
            frozenset[str]().union(*paths),
            frozenset[Digest]().union(*(part.targets for part in parts)),
        )

    def _one(self, text: str) -> Scope:
        for path in self._candidates(text):
            if path in self._made or path in self._read:
                return self._of_file(path)
            if any(known.startswith(f"{path}/") for known in self._made):
                return self._of_folder(path)
        digest = self._digest(text)
        if digest is not None:
            return self._of_receipt(digest)
        for path in self._candidates(text):
            inside = any(path.startswith(f"{folder}/") for folder in GUARDED)
            if inside and (self._workspace.root / path).exists():
                return Scope(frozenset(), (), (path,), frozenset())
        raise ConfigurationError(
            f"nothing that a receipt names, and no receipt, is called {text[:200]!r}",
            "name a file, a folder of outputs, a dataset like `sft`, a receipt's digest (the "
            "first digits do), or nothing for the whole workspace",
        )

    def _candidates(self, text: str) -> Iterator[str]:
        """Yield the recorded paths that a text may stand for."""
        yield text.rstrip("/")
        try:
            yield self._workspace.record_path(text)
        except ConfigurationError:
            return
        yield f"{_DATASETS}/{text.rstrip('/')}"

    def _digest(self, text: str) -> Digest | None:
        prefix = text.removeprefix("blake3:")
        if text.startswith(f"{OBJECTS}/"):
            prefix = text.rpartition("/")[2]
        if len(prefix) < _MIN_PREFIX or not set(prefix) <= set("0123456789abcdef"):
            return None
        recorded = {e.blake3 for e in self._view.entries if isinstance(e, Recorded)}
        known = recorded | {*self._objects.receipts, *self._objects.damaged}
        found = sorted(digest for digest in known if digest.hex.startswith(prefix))
        if len(found) > 1:
            named = ", ".join(f"{digest.short}…" for digest in found[:5])
            raise ConfigurationError(
                f"{len(found)} receipts begin with {prefix}", f"give more digits: {named}"
            )
        return found[0] if found else None

    def _of_receipt(self, digest: Digest) -> Scope:
        digests, holders = self._closure([digest])
        return Scope(digests, holders, (), targets=frozenset([digest]))

    def _of_folder(self, folder: str) -> Scope:
        inside = [path for path in self._made if path.startswith(f"{folder}/")]
        makers = {one.digest for path in inside for one in self._made[path]}
        digests, holders = self._closure(sorted(makers))
        guarded = guarded_folders(self._current)
        if any(f"{folder}/".startswith(f"{one}/") for one in guarded):
            return Scope(digests, holders, (folder,))
        return Scope(digests, holders, tuple(o for o in guarded if o.startswith(f"{folder}/")))

    def _of_file(self, path: str) -> Scope:
        near = self._made.get(path) or self._read[path]
        digests, holders = self._closure(sorted(one.digest for one in near))
        return Scope(digests, holders, (), frozenset([path]))

    def _closure(self, start: Iterable[Digest]) -> tuple[frozenset[Digest], tuple[Receipt, ...]]:
        """Return these receipts and all that they stand on; the second without those damaged."""
        digests: dict[Digest, None] = {}
        todo = list(start)
        while todo:
            digest = todo.pop()
            if digest not in digests:
                digests[digest] = None
                receipt = self._objects.receipts.get(digest)
                todo += receipt.run.parents if receipt is not None else ()
        receipts = self._objects.receipts
        return frozenset(digests), tuple(receipts[one] for one in digests if one in receipts)


def _by_path(pairs: Iterable[tuple[Receipt, str]]) -> Mapping[str, list[Receipt]]:
    found: dict[str, list[Receipt]] = {}
    for receipt, path in pairs:
        found.setdefault(path, []).append(receipt)
    return found


def _named(receipts: Iterable[Receipt]) -> frozenset[str]:
    return frozenset(
        entry.path for one in receipts for entry in (*one.claim.outputs, *one.claim.inputs)
    )
