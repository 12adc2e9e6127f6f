"""Publishing the files of a stage all together, and finishing what a killed run began.

Order: temporary files durable → journal (phase ``commit``) durable → what is replaced also lies in
``data/objects/<blake3>`` → renames → receipt → line in the ledger → ref → journal removed. Each is
durable before the next begins, but for the renames, which are so together with the receipt. What
must be durable at the same point is flushed at once. Nothing is destroyed.
"""

import os
import shutil
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from distill.errors import SourceError
from distill.receipts import durable, journal
from distill.receipts.digest import Digest, digest_file
from distill.receipts.journal import Journal, Move, Retirement
from distill.receipts.ledger.log import Ledger
from distill.receipts.locks import try_hold
from distill.receipts.real_paths import RealPaths
from distill.receipts.receipt import Receipt
from distill.receipts.staging import clear, prune_empty
from distill.receipts.store import ReceiptStore
from distill.receipts.workspace import Workspace


def objects_folder(workspace: Workspace) -> Path:
    """Return where replaced versions of outputs lie, under the digests of their bytes."""
    return workspace.root / "data" / "objects"


def commit(workspace: Workspace, plan: Journal, partial: Path) -> None:
    """Publish all files of a journal, and end it.

    They are durable under their temporary names, and so is the journal under its own.
    """
    durable.sync_folder(plan.place(workspace, partial))
    _advance(workspace, plan, recovering=False)


def abandon(workspace: Workspace, plan: Journal, receipt: Receipt | None) -> None:
    """Undo a run that failed: no temporary file stays; the failed receipt is kept.

    The receipt goes through the journal too, so that a crash leaves none without its line.
    """
    clear(_partials(workspace, plan))
    if receipt is None:
        plan.remove(workspace)
    else:
        failed = plan.committed((), (), receipt)
        failed.write(workspace)
        _advance(workspace, failed, recovering=False)


def recover(workspace: Workspace, held: str) -> None:
    """Finish or undo every publication whose process is gone.

    ``held`` is the name of the lock that the caller holds; others are tried.
    """
    for name in journal.names(workspace):
        if name == held:
            _recover_one(workspace, name)
            continue
        with try_hold(workspace, name) as is_ours:
            if is_ours and journal.path_of(workspace, name).exists():
                _recover_one(workspace, name)
    _sweep_journals(workspace, held)


def _recover_one(workspace: Workspace, name: str) -> None:
    plan = journal.read(workspace, name)
    _sweep(workspace, plan.token)
    Ledger(workspace).settle()
    if plan.phase == "commit" and not _lost(workspace, plan.moves):
        _advance(workspace, plan, recovering=True)
        return
    _roll_back(workspace, plan)
    clear(_partials(workspace, plan))
    plan.remove(workspace)


def _advance(workspace: Workspace, plan: Journal, *, recovering: bool) -> None:
    """Do what is left of a publication; doing it twice changes nothing."""
    real, store = RealPaths(), ReceiptStore(workspace)
    kept = frozenset() if recovering else frozenset(move.new for move in plan.moves)
    former = [*_replaced(workspace, plan.moves, real, recovering=recovering)]
    former += ((r.place, r.old) for r in plan.retirements if _is_retired(workspace, r))
    aside = _set_all_aside(workspace, [one for one in former if one[1] not in kept], plan.token)
    begun = None if plan.receipt is None else store.begin_put(plan.receipt, plan.token)
    durable.sync_all([*aside, *([] if begun is None else [begun])])
    folders = {_apply(workspace, move, real) for move in plan.moves}
    for retirement in plan.retirements:
        _retire(workspace, retirement)
    if plan.receipt is not None and begun is not None:
        store.end_put(plan.receipt, begun, sorted(folders))
        with store.pointing(plan.receipt, plan.token) as refs:
            Ledger(workspace).record(plan.receipt, refs)
    else:
        durable.sync_all(sorted(folders))
    clear(_partials(workspace, plan))
    plan.remove(workspace)


def _replaced(
    workspace: Workspace, moves: Iterable[Move], real: RealPaths, *, recovering: bool
) -> Iterator[tuple[str, Digest]]:
    """Yield the files that are about to lose their places, with the digests of their bytes."""
    for move in moves:
        place, old = workspace.resolve(move.place, real), move.old
        if not workspace.resolve(move.partial, real).exists():
            continue
        if recovering:  # the file in place may have been changed since the journal was written
            old = digest_file(place) if place.exists() else None
        if old is not None:
            yield move.place, old


def _apply(workspace: Workspace, move: Move, real: RealPaths) -> Path:
    """Let a temporary file take its place, if it did not yet; return the folder of the place."""
    partial, place = workspace.resolve(move.partial, real), workspace.resolve(move.place, real)
    if partial.exists():
        durable.make_folder(place.parent)
        partial.replace(place)
    return place.parent


def _is_retired(workspace: Workspace, retirement: Retirement) -> bool:
    place = workspace.resolve(retirement.place)
    return place.exists() and digest_file(place) == retirement.old


def _retire(workspace: Workspace, retirement: Retirement) -> None:
    place, top = workspace.resolve(retirement.place), workspace.resolve(retirement.top)
    if _is_retired(workspace, retirement):
        place.unlink()
        durable.sync_folder(place.parent)
        prune_empty(place.parent, top)


def _set_all_aside(
    workspace: Workspace, former: Sequence[tuple[str, Digest]], token: str
) -> Sequence[Path]:
    """Let files also lie in ``data/objects``.

    Returns the folders to be made durable before any of the files loses its name.
    """
    for place, digest in former:
        _set_aside(workspace, workspace.resolve(place), digest, token)
    return [objects_folder(workspace)] if former else []


def _set_aside(workspace: Workspace, path: Path, digest: Digest, token: str) -> None:
    """Let the bytes of a file also lie in ``data/objects``; the folder is for the caller to sync.

    Another name of the same file is enough where the file system gives it, and the file has only
    the one that it loses; else it is a copy, so that nobody who writes to the file writes to it.
    """
    folder = objects_folder(workspace)
    durable.make_folder(folder)
    kept = folder / digest.hex
    if kept.exists() and _is_sound(kept, digest):
        return
    partial = durable.partial_of(kept, token)
    try:
        is_linked = path.stat().st_nlink == 1
        if is_linked:
            os.link(path, partial)
    except OSError:
        is_linked = False
    if not is_linked:
        shutil.copyfile(path, partial)
        durable.sync_file(partial)
    partial.replace(kept)


def _is_sound(path: Path, digest: Digest) -> bool:
    try:
        return digest_file(path) == digest
    except SourceError:
        return False


def _partials(workspace: Workspace, plan: Journal) -> list[Path]:
    """Return the temporary places; a stage may have put a link there, which is not followed."""
    return [workspace.resolve(partial, follow=False) for partial in plan.partials]


def _lost(workspace: Workspace, moves: Iterable[Move]) -> bool:
    """Whether somebody took away a file that the publication needs."""
    return any(
        not workspace.resolve(move.partial).exists() and not workspace.resolve(move.place).exists()
        for move in moves
    )


def _roll_back(workspace: Workspace, plan: Journal) -> None:
    """Put the old files back where new ones were already moved in."""
    for move in plan.moves:
        partial, place = workspace.resolve(move.partial), workspace.resolve(move.place)
        if partial.exists() or not place.exists() or digest_file(place) != move.new:
            continue
        kept = None if move.old is None else objects_folder(workspace) / move.old.hex
        durable.sync_all(_set_all_aside(workspace, [(move.place, move.new)], plan.token))
        if kept is not None and kept.exists():
            shutil.copyfile(kept, partial)
            durable.sync_file(partial)
            partial.replace(place)
        else:
            place.unlink()


def _sweep(workspace: Workspace, token: str) -> None:
    """Remove temporary files that a killed run left in the engine's own folders."""
    store = ReceiptStore(workspace)
    folders = [store.refs, journal.folder_of(workspace), objects_folder(workspace)]
    folders += [folder for folder in store.objects.glob("??") if folder.is_dir()]
    for folder in folders:
        durable.sweep_partials(folder, token)


def _sweep_journals(workspace: Workspace, held: str) -> None:
    """Remove journals that were never finished being written: nothing had begun under them."""
    for partial in journal.folder_of(workspace).glob(f".*{durable.PARTIAL}"):
        name = partial.name[1:].split(journal.SUFFIX + ".")[0]
        if name == held:
            partial.unlink(missing_ok=True)
            continue
        with try_hold(workspace, name) as is_ours:
            if is_ours:
                partial.unlink(missing_ok=True)
