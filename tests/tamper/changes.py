"""Changes of single files and lines: what somebody does who can write into the workspace.

A change names the files that it touches. Each of those must be named where it is found.
"""

import random
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

LOG = "receipts/ledger/log.jsonl"
CHECKPOINTS = "receipts/ledger/checkpoints"

# What a file is, by how its path begins.
GROUPS = {
    "receipts/objects/": "a receipt",
    "receipts/ledger/log": "the ledger's log",
    "receipts/ledger/checkpoints/": "a checkpoint or its signature",
    "receipts/keys/": "a public key",
    "exports/": "an output",
    "quarantine/": "an output",
    "data/evidence/": "an output",
    "data/scored/": "an output",
    "data/objects/": "a former version of an output",
    "logs/": "a raw log",
    "notes.txt": "a raw log",
}


@dataclass(frozen=True)
class Change:
    """One change: its row of the table, the files that must be named, and how it is done.

    ``row`` is a sentence; of a change of a single file it is what the file is, ``|``, and what is
    done. ``is_wide``: it touches other files too.
    """

    row: str
    paths: tuple[str, ...]
    apply: Callable[[Path], None]
    is_wide: bool = False


def group_of(name: str) -> str | None:
    """Return what a file is; null for one that no receipt speaks of."""
    return next((group for start, group in GROUPS.items() if name.startswith(start)), None)


def files_of(root: Path) -> list[str]:
    """Return the files that receipts and the ledger answer for."""
    names = (path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file())
    return sorted(name for name in names if group_of(name) is not None)


def put(path: Path, content: bytes) -> None:
    """Write bytes over whatever lies there, read-only as it may be."""
    path.unlink(missing_ok=True)
    path.write_bytes(content)


def flips(root: Path, name: str, places: list[int], dice: random.Random) -> Iterator[Change]:
    """Flip one bit of each of these bytes."""
    content = (root / name).read_bytes()

    def flipped(place: int) -> Change:
        changed = bytearray(content)
        changed[place] ^= 1 << dice.randrange(8)
        return Change(
            f"{group_of(name)}|a bit is flipped",
            (name,),
            lambda at: put(at / name, bytes(changed)),
        )

    return (flipped(place) for place in places)


def whole_file_changes(root: Path, name: str, dice: random.Random) -> Iterator[Change]:
    """Delete, truncate and replace a file by links, and add files beside it."""
    group, content = group_of(name), (root / name).read_bytes()
    if name != _newest_checkpoint(root):  # has a row of its own
        yield Change(f"{group}|it is deleted", (name,), lambda at: (at / name).unlink())
    if content:
        length = dice.randrange(len(content))
        shorter = content[:length]
        yield Change(f"{group}|it is truncated", (name,), lambda at: put(at / name, shorter))
    yield Change(f"{group}|a link to a copy replaces it", (name,), lambda at: _link_in(at, name))
    yield Change(f"{group}|a link out replaces it", (name,), lambda at: _link_out(at, name))
    if group == "a raw log":
        return  # a log that no run has read is nothing that a receipt speaks of
    for beside in _names_beside(name, dice):
        if not (root / beside).exists():
            yield Change(f"{group}|a file is added beside it", (beside,), _adding(beside, content))


def _adding(name: str, content: bytes) -> Callable[[Path], None]:
    return lambda at: put(at / name, content)


def swaps(root: Path, names: list[str], dice: random.Random) -> Iterator[Change]:
    """Exchange each file with another one of other bytes, of its group where there is one."""
    contents = {name: (root / name).read_bytes() for name in names}
    for name in names:
        others = [other for other in names if contents[other] != contents[name]]
        alike = [other for other in others if group_of(other) == group_of(name)]
        other = dice.choice(alike or others)

        pair = (name, other)
        yield Change(
            f"{group_of(name)}|it is swapped with another", pair, _swapping(contents, pair)
        )


def _swapping(contents: dict[str, bytes], pair: tuple[str, str]) -> Callable[[Path], None]:
    def exchange(root: Path) -> None:
        for name, other in (pair, pair[::-1]):
            put(root / name, contents[other])

    return exchange


def line_changes(root: Path, dice: random.Random) -> Iterator[Change]:
    """Delete, duplicate and swap lines of the ledger, and cut its tail; checkpoints stay."""
    lines = (root / LOG).read_bytes().splitlines(keepends=True)
    for i, line in enumerate(lines):
        yield _lines("a line of the ledger is deleted", lines[:i] + lines[i + 1 :])
        yield _lines("a line of the ledger is duplicated", [*lines[:i], line, *lines[i:]])
        yield _lines("a line of the ledger is duplicated", [*lines, line])
        j = dice.choice([other for other in range(len(lines)) if other != i])
        swapped = list(lines)
        swapped[i], swapped[j] = swapped[j], swapped[i]
        yield _lines("two lines of the ledger are swapped", swapped)
        if i:
            row = "the ledger's last lines are cut off"
            yield _lines(f"{row}, their receipts stay", lines[:i])
            yield Change(f"{row} with their receipts", (LOG,), _cutting(lines[:i]), is_wide=True)


def _lines(row: str, lines: list[bytes]) -> Change:
    return Change(row, (LOG,), lambda at: put(at / LOG, b"".join(lines)))


def _cutting(kept: list[bytes]) -> Callable[[Path], None]:
    def cut(root: Path) -> None:
        text = b"".join(kept)
        put(root / LOG, text)
        for path in list((root / "receipts/objects").glob("*/*")):
            if path.name.encode() not in text:
                path.unlink()

    return cut


def _newest_checkpoint(root: Path) -> str:
    names = (path.name for path in (root / CHECKPOINTS).iterdir())
    return f"{CHECKPOINTS}/{max(name for name in names if name.isdigit())}"


def _link_in(root: Path, name: str) -> None:
    """A link to the very same bytes: today nothing differs, tomorrow it may."""
    copy = root / ".distill" / "elsewhere"
    shutil.copy(root / name, copy)
    (root / name).unlink()
    (root / name).symlink_to(copy)


def _link_out(root: Path, name: str) -> None:
    (root / name).unlink()
    (root / name).symlink_to("/etc/passwd")


def _names_beside(name: str, dice: random.Random) -> list[str]:
    folder, _, own = name.rpartition("/")
    digest = f"{dice.getrandbits(256):064x}"
    names = ["added", ".hidden", f"{own}.bak"]
    if folder.startswith("receipts/objects/"):
        names.append(folder[-2:] + digest[2:])
    if folder == CHECKPOINTS:
        names += ["0000000000009999", "0000000000009999.p256"]
    return [f"{folder}/{one}" for one in names]
