"""Where the recorded code may be: the recorded commit of a checkout, then the code as it is now.

A place is only a guess. The driver compares the closure of what it finds there with the recorded
one, so a dirty checkout, an edited file or another folder of the same name is never taken for it.
"""

import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from distill.errors import IncompleteError
from distill.receipts.code.modules import is_installed
from distill.receipts.git.checkout import Checkout, NoCheckoutError
from distill.receipts.receipt import Receipt
from distill.receipts.reproduce.exporting import export_tree

_ENGINE_HOME = Path(__file__).resolve().parents[3]
_ENGINE_ENTRY = "distill/receipts/"


@dataclass(frozen=True)
class CodePlace:
    """A folder that the stage's module can be imported from, and what it is.

    ``commit`` is null for the present code. ``ignored``: entries of the closure that do not count.
    """

    origin: Literal["commit", "present"]
    root: Path
    commit: str | None = None
    ignored: tuple[str, ...] = ()

    def __str__(self) -> str:
        if self.commit is not None:
            return f"the commit {self.commit[:12]}"
        return f"the present code in {self.root}"

    @property
    def import_path(self) -> list[str]:
        """The folders that modules are looked for in, before those of the environment."""
        engine = [] if is_installed(_ENGINE_HOME) else [str(_ENGINE_HOME)]
        return [str(self.root), *(one for one in engine if one != str(self.root))]


def code_places(
    receipt: Receipt, home: Path, given: Path | None, scratch: Path
) -> Iterator[CodePlace]:
    """Yield the places where a receipt's code may be, the likeliest first.

    A folder that is ``given`` is the only one; without, the workspace and Python's path count. A
    commit is written into ``scratch``.
    """
    folders = [home] if given is None else [given]
    others = [*_search_path(), _ENGINE_HOME] if given is None else []
    candidates = list(dict.fromkeys([*folders, *others]))
    files = module_files(receipt)
    roots = [one for one in candidates if any((one / name).is_file() for name in files)]
    yield from _commits(receipt, [*roots, *folders], scratch)
    for root in roots:
        yield CodePlace("present", root)


def module_files(receipt: Receipt) -> tuple[str, ...]:
    """Return the recorded files that the stage's module can be: a module, or a package's own."""
    base = receipt.claim.code.function.rpartition(":")[0].replace(".", "/")
    names = (f"{base}.py", f"{base}/__init__.py")
    return tuple(name for name in names if name in receipt.claim.code.files)


def _commits(receipt: Receipt, folders: Iterable[Path], scratch: Path) -> Iterator[CodePlace]:
    code = receipt.run.code
    wanted = [one for one in (code.dirty_tree, code.commit) if one is not None]
    checkouts: dict[Path, Checkout] = {}
    for folder in folders:
        try:
            checkout = Checkout.of(folder)
        except NoCheckoutError:
            continue
        checkouts.setdefault(checkout.top, checkout)
    for number, (tree, checkout) in enumerate(
        (tree, checkout) for tree in wanted for checkout in checkouts.values()
    ):
        if checkout.holds(tree):
            yield from _exported(receipt, checkout, tree, scratch / str(number))


def _exported(receipt: Receipt, checkout: Checkout, tree: str, folder: Path) -> Iterator[CodePlace]:
    try:
        prefix = _prefix_in(receipt, checkout, tree)
        if prefix is None:
            return
        folder.mkdir(parents=True)
        export_tree(checkout, tree, folder)
    except (NoCheckoutError, IncompleteError):
        return
    # A wheel's closure does not list the engine, which its version and commit stand for.
    ignored = (_ENGINE_ENTRY,) if receipt.run.code.from_wheel else ()
    yield CodePlace("commit", folder / prefix, tree, ignored)


def _prefix_in(receipt: Receipt, checkout: Checkout, tree: str) -> str | None:
    """Return the folder of a commit that modules are imported from: that with most of the files."""
    paths = {entry.path for entry in checkout.entries(tree)}
    ends = [(name, path) for name in module_files(receipt) for path in paths if _ends(path, name)]
    prefixes = {path.removesuffix(name) for name, path in ends}
    return max(
        sorted(prefixes, key=lambda prefix: (len(prefix), prefix)),
        key=lambda prefix: sum(f"{prefix}{name}" in paths for name in receipt.claim.code.files),
        default=None,
    )


def _ends(path: str, name: str) -> bool:
    return path == name or path.endswith(f"/{name}")


def _search_path() -> list[Path]:
    return [Path(entry).resolve() for entry in sys.path if entry and Path(entry).is_dir()]
