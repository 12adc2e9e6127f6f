"""The import closure of a stage: every first-party file that its module can reach.

Imports are read from the syntax, those inside functions too; ``if TYPE_CHECKING`` does not count.
A package's ``__init__`` counts where it lies on the way. What can't be seen: an import by a name
that is computed at run time, and a data file that is not opened through importlib.resources; where
such a file of the workspace is opened, the stage fails (`distill.receipts.watching`). What a
function is made of beside its module `distill.receipts.code.composed` tells.
"""

import os
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from distill.errors import CodeStateError
from distill.receipts.canonical import dumps
from distill.receipts.code.finder import Finder
from distill.receipts.code.known_source import source_of
from distill.receipts.code.loaded import demand_loaded
from distill.receipts.code.modules import INIT, Module, is_installed
from distill.receipts.code.read_on_import import read_by
from distill.receipts.code.source import Source
from distill.receipts.code.traces import Traces
from distill.receipts.digest import Digest, digest_bytes, digest_file
from distill.receipts.engine import ENGINE, engine_files, engine_folders
from distill.receipts.identities import Sight
from distill.receipts.kept import Kept
from distill.receipts.receipt import Code

_ENGINE_ENTRY = "distill/receipts/"


class Closure(NamedTuple):
    """The files of a stage's code, and the top-level names that it imports from elsewhere."""

    digest: Digest
    files: Mapping[str, Digest]
    foreign: frozenset[str]

    def code(self, function: str) -> Code:
        """Return how a claim names the code of one function in it."""
        return Code(self.digest, self.files, function)


def closure_of(
    stage: Module, traces: Traces | None = None, made_of: Sequence[Module] = ()
) -> Closure:
    """Return the closure of a stage's module and of others; ``traces`` learn what decided.

    Law: an edit of any reached file changes the digest, unless only comments, blank lines or
    docstrings changed; an edit of any other file does not.

    Raises:
        CodeStateError: a file of the closure can't be read.
    """
    walk = _Walk(stage, traces or Traces())
    walk.follow(stage, *made_of)
    files = walk.counted()
    for name in files:
        if not (name.isascii() and name.isprintable()):
            raise CodeStateError(f"the name of the code's file {name!r} is not ASCII", "rename it")
    digest = digest_bytes(dumps({name: entry.hex for name, entry in files.items()}))
    return Closure(digest, files, frozenset(walk.finder.foreign))


#: By the identities of its files, all of them settled.
_engine: Final = Kept[str, Digest](room=1)


def _engine_digest(files: Iterable[Path]) -> Digest:
    found = {file.relative_to(ENGINE).as_posix(): digest_file(file).hex for file in files}
    return digest_bytes(dumps(found))


def _of_all(digests: Collection[Digest]) -> Digest:
    if len(digests) == 1:
        return next(iter(digests))
    return digest_bytes(dumps(sorted(digest.hex for digest in digests)))


class _Walk:
    """A walk over the modules that a stage reaches."""

    def __init__(self, stage: Module, traces: Traces) -> None:
        self.files: dict[str, Digest] = {}
        self.read: dict[str, set[Digest]] = {}  # by modules, on import
        self.finder = Finder(stage, traces)
        self._traces = traces
        self._seen: set[Path] = set()
        self._asked: set[str] = set()

    def counted(self) -> dict[str, Digest]:
        """Return all files, by name.

        A name that stands for more than one thing (a module that is read as data, too; files below
        two folders) has the digest of all of them.
        """
        found = {name: {digest} for name, digest in self.files.items()}
        for name, read in self.read.items():
            found.setdefault(name, set()).update(read)
        return {name: _of_all(found[name]) for name in sorted(found)}

    def follow(self, *starts: Module) -> None:
        waiting = [*starts, *(one for start in starts for one in self._on_the_way(start.name))]
        while waiting:
            module = waiting.pop()
            if module.file in self._seen:
                continue
            self._seen.add(module.file)
            if module.file.is_relative_to(ENGINE):
                self._add_engine()
                continue
            source = source_of(module.file, self._traces)
            demand_loaded(module, source.digest)
            self._traces.read_module(module.name, str(module.file), source.digest)
            self.files[module.recorded] = source.digest
            self._add_resources(module, source)
            self._add_read(module)
            waiting += self._reached(module, source)

    def _reached(self, module: Module, source: Source) -> Iterator[Module]:
        for item in source.imports:
            base = _absolute(module, item.level, item.module)
            yield from self._named(base)
            names = self._exports(base) if item.name == "*" else (item.name,)
            for name in names:
                if name and base:
                    yield from self._named(f"{base}.{name}")
        if source.is_lazy and module.file.stem == INIT:
            # Its attributes come from somewhere in the package: all of it counts.
            yield from self._whole_package(module)

    def _exports(self, name: str) -> Sequence[str]:
        """Return what a package's ``__all__`` names: ``*`` imports those of its modules."""
        package = self.finder.find(name)
        is_package = package is not None and package.file.stem == INIT
        return source_of(package.file, self._traces).exports if package and is_package else ()

    def _named(self, name: str) -> Iterator[Module]:
        if not name or name in self._asked:
            return
        self._asked.add(name)
        if not self.finder.roots_of(name.partition(".")[0]):
            return
        found = self.finder.find(name)
        if found is not None:
            yield found
        yield from self._on_the_way(name)

    def _on_the_way(self, name: str) -> Iterator[Module]:
        parts = name.split(".")
        for end in range(1, len(parts)):
            package = self.finder.find(".".join(parts[:end]))
            if package is not None:
                yield package

    def _add_engine(self) -> None:
        """Let the engine's own modules count, as one entry, where they are a checkout.

        By their bytes: to read a hundred files as syntax costs more than most stages' own code.
        """
        if _ENGINE_ENTRY not in self.files and not is_installed(ENGINE):
            self._traces.saw_all(engine_folders())
            files = tuple(engine_files())
            self._traces.saw_all(files)
            sight = Sight()
            is_seen = sight.followed(map(os.fspath, files)) and self._traces.reread is None
            seen = "\n".join(sight.lines)
            known = _engine.get(seen) if is_seen else None
            if known is None:
                known = _engine_digest(files)
                if is_seen and self._traces.cache.is_settled(sight.newest_ns):
                    _engine.keep(seen, known, 1)
            self.files[_ENGINE_ENTRY] = known

    def _add_resources(self, module: Module, source: Source) -> None:
        for relative in source.resources:
            bare = relative.lstrip(".")
            level = len(relative) - len(bare)
            name = _absolute(module, level, bare) if relative else module.package
            for folder, root in self.finder.folders_of(name) if name else ():
                for file in self._traces.tree(folder):
                    if file.suffix in {".py", ".pyc"} or not file.is_file():
                        continue
                    self._traces.saw(file)
                    self.files[file.relative_to(root).as_posix()] = digest_file(file)

    def _add_read(self, module: Module) -> None:
        """Let what a module read when it was imported count, in the workspace or beside it.

        Raises:
            CodeStateError: it holds something else by now than what was read.
        """
        for place, before in read_by(module.file).items():
            file = Path(place)
            folders = (module.root, *self._traces.folders)
            roots = [folder for folder in folders if file.is_relative_to(folder)]
            if not roots:
                continue
            sight = Sight()
            now = digest_file(file) if sight.followed([place]) else None
            if now is None or (sight.lines != [before.identity] and now != before.digest):
                raise CodeStateError(
                    f"{place} was written to after {module.recorded} had read it, on import",
                    "start the process again, so that what is recorded is what was read",
                )
            self._traces.saw(place)
            self.read.setdefault(file.relative_to(roots[0]).as_posix(), set()).add(now)

    def _whole_package(self, module: Module) -> Iterator[Module]:
        for file in self._traces.tree(module.file.parent):
            if file.suffix == ".py":
                below = file.relative_to(module.root).with_suffix("").parts
                name = ".".join(below[:-1] if file.stem == INIT else below)
                yield Module(name, file, module.root)


def _absolute(module: Module, level: int, name: str) -> str:
    if not level:
        return name
    parts = module.package.split(".")
    parts = parts[: len(parts) - level + 1]
    return ".".join([*parts, name] if name else parts)
