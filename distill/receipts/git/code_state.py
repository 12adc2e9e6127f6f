"""The git state of a folder, and of a stage's code: honest, whatever the folder is."""

import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from distill.receipts.code.modules import is_installed
from distill.receipts.git.checkout import Checkout, NoCheckoutError
from distill.receipts.git.wheel import built_from
from distill.receipts.receipt import GitState, GitStatus


def git_state(folder: Path, excluded: Sequence[str] = ()) -> GitState:
    """Return the state of the checkout that a folder lies in, over the tracked files below it.

    ``excluded`` are names below the folder that don't count. Whatever git can't tell ends as a
    state of its own (no_repo, unborn, untrusted, unavailable), never as an error.
    """
    try:
        checkout = Checkout.of(folder)
        here = checkout.below(folder)
        others = [f"{here}/{name}" if here else name for name in excluded]
        specs = [f":(literal){here or '.'}", *(f":(exclude,literal){name}" for name in others)]
        return checkout.state(specs, untracked=False)
    except NoCheckoutError as error:
        return _bare(error.state)


def code_state(file: Path, root: Path, names: Sequence[str]) -> GitState:
    """Return the git state of a stage's code, or the commit that an installed wheel was built from.

    ``names`` are the files of the closure below ``root``, an entry that ends in ``/`` all modules
    of a folder. One that git does not track is dirty.
    """
    wheel = built_from(file, names)
    if wheel is not None:
        state: GitStatus = "clean" if wheel.is_clean else "dirty"
        return GitState(state, wheel.commit, None, None, shallow=False, from_wheel=True)
    if is_installed(file):
        return _bare("no_repo")
    try:
        return _files_state(root, _existing(root, names))
    except NoCheckoutError as error:
        return _bare(error.state)


def _existing(root: Path, names: Sequence[str]) -> Iterator[Path]:
    """Yield the files that are there; what a closure names elsewhere is not of this checkout."""
    for name in names:
        place = root / name
        if name.endswith("/"):
            yield from sorted(place.glob("*.py"))
        elif place.is_file():
            yield place


def _files_state(folder: Path, files: Iterable[Path]) -> GitState:
    """Return the state over exactly these files; those in submodules count there."""
    checkout = Checkout.of(folder)
    mine: list[str] = []
    nested: dict[Path, list[Path]] = {}
    is_foreign = False
    for file in files:
        real = Path(os.path.realpath(file.parent), file.name)
        inner = next((p for p in real.parents if _holds_git(p)), None)
        if inner is None or not inner.is_relative_to(checkout.top):
            is_foreign = True
        elif inner != checkout.top:
            nested.setdefault(inner, []).append(file)
        else:
            mine.append(real.relative_to(checkout.top).as_posix())
    for inner, inside in nested.items():
        found = _files_state(inner, inside)
        is_foreign |= found.state != "clean" or found.commit != checkout.link_to(inner)
    return checkout.state([f":(literal){name}" for name in mine], mine, is_foreign=is_foreign)


def _holds_git(folder: Path) -> bool:
    return os.path.lexists(folder / ".git")


def _bare(state: GitStatus) -> GitState:
    return GitState(state, None, None, None, shallow=False, from_wheel=False)
