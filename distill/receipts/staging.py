"""Where a stage writes while it runs: temporary names beside the final ones."""

import os
import shutil
import stat
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from distill.errors import ConfigurationError, ContractError
from distill.receipts.digest import Fingerprint, fingerprint_file
from distill.receipts.durable import make_folder, partial_of, sync_folder
from distill.receipts.paths import is_at_or_below
from distill.receipts.report import Report
from distill.receipts.targets import RESERVED, Target
from distill.receipts.workspace import Workspace


class Berth(NamedTuple):
    """One target of a call: its final place, and the temporary one that the stage is given."""

    target: Target
    place: Path
    partial: Path


class Written(NamedTuple):
    """The size of a file and when it was last written to: a new name changes neither."""

    size: int
    mtime_ns: int

    @classmethod
    def of(cls, file: Path) -> "Written":
        """Return what the file system says of a file."""
        status = file.stat()
        return cls(status.st_size, status.st_mtime_ns)


class Produced(NamedTuple):
    """One file that a stage wrote, under its temporary name, or left standing where it goes.

    ``partial`` is null where it stands; ``sums`` are null where its bytes are still to be read.
    ``linked`` is what a file was that is only given another name, null for one that was written.
    """

    role: str
    recorded: str
    partial: Path | None
    place: Path
    sums: Fingerprint | None = None
    linked: Written | None = None


class KnownFile(NamedTuple):
    """A file below an output folder whose bytes went by already: its name there, and their sums.

    One that ``stands`` was not written: it lies in the folder's final place with these bytes. One
    that is ``linked`` is a former output that is given another name: what it was when it was read.
    """

    name: str
    sums: Fingerprint
    stands: bool
    linked: Written | None = None


def known_file(folder: Path, name: str) -> KnownFile:
    """Return a file of a folder that was written and not summed; it is read."""
    return KnownFile(name, fingerprint_file(folder / name)[0], stands=False)


class Finished(NamedTuple):
    """What an incremental stage returns: a report, and all files of output folders by role.

    ``remember`` is called when the outputs are published: what the next run can use is kept then.
    """

    report: Report
    files: Mapping[str, Sequence[KnownFile]]
    remember: Callable[[], None]


def berth(workspace: Workspace, target: Target, token: str) -> Berth:
    """Return where a target's files go, now and at the end.

    Raises:
        ConfigurationError: the target lies where the engine keeps its own files.
    """
    for reserved in RESERVED:
        if is_at_or_below(target.path, reserved):
            raise ConfigurationError(
                f"the output {target.path} lies in {reserved}/, which is the engine's own",
                "choose another place",
            )
    place = workspace.resolve(target.path)
    return Berth(target, place, partial_of(place, token))


def prepare(berths: Iterable[Berth]) -> None:
    """Make the folders that a stage writes in."""
    for one in berths:
        make_folder(one.place.parent)
        if one.target.kind == "tree":
            one.partial.mkdir()


def collect(
    berths: Iterable[Berth], known: Mapping[str, Sequence[KnownFile]] | None = None
) -> tuple[Produced, ...]:
    """Return the files that the stage wrote, in the order of roles and paths.

    ``known`` are all files of some output folders, by role.

    Raises:
        ContractError: a declared file was not written, two outputs have one place, or something
            else than a regular file was written.
    """
    known = known or {}
    produced = [
        file
        for one in berths
        for file in (
            _known(one, known[one.target.role]) if one.target.role in known else _collect(one)
        )
    ]
    seen: set[str] = set()
    for file in produced:
        if file.recorded in seen:
            raise ContractError(f"two outputs have the place {file.recorded}", "name them apart")
        seen.add(file.recorded)
    return tuple(produced)


def sums_itself(function: Callable[..., object]) -> bool:
    """Whether a stage's function says that it returns `Finished`: it has summed what it wrote."""
    told = getattr(function, "__annotations__", {}).get("return")
    return str(getattr(told, "__name__", told)).rpartition(".")[2] == Finished.__name__


def files_by_now(berths: Iterable[Berth]) -> list[tuple[Path, str]]:
    """Return the files that a stage has begun to write, each with the name that it will have."""
    found: list[tuple[Path, str]] = []
    for one in berths:
        if one.target.kind == "file":
            found += [(one.partial, one.place.name)] if one.partial.is_file() else []
        else:
            found += [(file, file.name) for file in _files_in(one.partial)]
    return found


def clear(partials: Iterable[Path]) -> None:
    """Remove what a stage wrote under temporary names."""
    for partial in partials:
        if partial.is_dir() and not partial.is_symlink():
            shutil.rmtree(partial)
        elif os.path.lexists(partial):  # its folder may be none: a file lies there by now
            partial.unlink()


def prune_empty(folder: Path, top: Path) -> None:
    """Remove a folder, and those above it below ``top``, as long as they are empty."""
    while folder != top and folder.is_relative_to(top):
        try:
            folder.rmdir()
        except OSError:
            return
        sync_folder(folder.parent)
        folder = folder.parent


def _known(one: Berth, files: Sequence[KnownFile]) -> list[Produced]:
    return [
        Produced(
            one.target.role,
            f"{one.target.path}/{file.name}",
            None if file.stands else one.partial / file.name,
            one.place / file.name,
            file.sums,
            file.linked,
        )
        for file in files
    ]


def _collect(one: Berth) -> list[Produced]:
    role, path = one.target.role, one.target.path
    if one.target.kind == "file":
        if not os.path.lexists(one.partial):
            raise ContractError(
                f"the stage did not write its output {role} ({path})",
                "write the file at the path that the stage is given, even if it stays empty",
            )
        _demand_regular(one.partial, path)
        return [Produced(role, path, one.partial, one.place)]
    files: list[Produced] = []
    for file in sorted(_files_in(one.partial)):
        below = file.relative_to(one.partial).as_posix()
        _demand_regular(file, f"{path}/{below}")
        files.append(Produced(role, f"{path}/{below}", file, one.place / below))
    return files


def _files_in(folder: Path) -> Iterable[Path]:
    for above, folders, names in os.walk(folder):
        for name in names:
            yield Path(above, name)
        for name in folders:
            if (Path(above) / name).is_symlink():
                yield Path(above, name)


def _demand_regular(file: Path, shown: str) -> None:
    if not stat.S_ISREG(file.lstat().st_mode):
        raise ContractError(f"the output {shown} is no regular file", "write plain files only")
