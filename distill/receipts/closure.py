"""The import closure of a stage: every first-party file that its module can reach.

Imports are read from the syntax, those inside functions too; ``if TYPE_CHECKING`` does not count.
A package's ``__init__`` counts where it lies on the way. What can't be seen: an import by a name
that is computed at run time, a data file that is not opened through importlib.resources, and what
a function closes over.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from distill.errors import CodeStateError
from distill.receipts.canonical import dumps
from distill.receipts.digest import Digest, digest_bytes, digest_file
from distill.receipts.loaded import demand_loaded
from distill.receipts.modules import INIT, Finder, Module, is_installed
from distill.receipts.receipt import Code
from distill.receipts.syntax import Source, read_source

_ENGINE = Path(__file__).resolve().parent
_ENGINE_ENTRY = "distill/receipts/"
_ENGINE_FILES = ("*.py", "incremental/*.py")  # what of it makes outputs, or says what they are


@dataclass(frozen=True)
class Closure:
    """The files of a stage's code, and the top-level names that it imports from elsewhere."""

    digest: Digest
    files: Mapping[str, Digest]
    foreign: frozenset[str]

    def code(self, function: str) -> Code:
        """Return how a claim names the code of one function in it."""
        return Code(self.digest, self.files, function)


def closure_of(stage: Module) -> Closure:
    """Return the closure of a stage's module.

    Law: an edit of any reached file changes the digest, unless only comments, blank lines or
    docstrings changed; an edit of any other file does not.

    Raises:
        CodeStateError: a file of the closure can't be read.
    """
    walk = _Walk(stage)
    walk.follow(stage)
    files = {name: walk.files[name] for name in sorted(walk.files)}
    if not all(name.isascii() and name.isprintable() for name in files):
        raise CodeStateError("a module's file name is not ASCII", "rename it")
    digest = digest_bytes(dumps({name: entry.hex for name, entry in files.items()}))
    return Closure(digest, files, frozenset(walk.foreign))


class _Walk:
    """A walk over the modules that a stage reaches."""

    def __init__(self, stage: Module) -> None:
        self.files: dict[str, Digest] = {}
        self.foreign: set[str] = set()
        self._finder = Finder(stage)
        self._seen: set[Path] = set()

    def follow(self, start: Module) -> None:
        waiting = [start, *self._on_the_way(start.name)]
        while waiting:
            module = waiting.pop()
            if module.file in self._seen:
                continue
            if module.file.is_relative_to(_ENGINE):
                self._add_engine()
                continue
            self._seen.add(module.file)
            source = _read(module.file)
            demand_loaded(module, source.digest)
            self.files[module.recorded] = source.digest
            self._add_resources(module, source)
            waiting += self._reached(module, source)

    def _reached(self, module: Module, source: Source) -> Iterator[Module]:
        for item in source.imports:
            base = _absolute(module, item.level, item.module)
            yield from self._named(base)
            if item.name and base:
                yield from self._named(f"{base}.{item.name}")
        if source.is_lazy and module.file.stem == INIT:
            # Its attributes come from somewhere in the package: all of it counts.
            yield from _whole_package(module)

    def _named(self, name: str) -> Iterator[Module]:
        top = name.partition(".")[0]
        if top and self._finder.root_of(top) is None:
            self.foreign.add(top)
            return
        found = self._finder.find(name)
        if found is not None:
            yield found
        yield from self._on_the_way(name)

    def _on_the_way(self, name: str) -> Iterator[Module]:
        parts = name.split(".")
        for end in range(1, len(parts)):
            package = self._finder.find(".".join(parts[:end]))
            if package is not None:
                yield package

    def _add_engine(self) -> None:
        """Let the engine's own modules count, as one entry, where they are a checkout."""
        if _ENGINE_ENTRY not in self.files and not is_installed(_ENGINE):
            files = {
                file.relative_to(_ENGINE).as_posix(): _read(file).digest.hex
                for pattern in _ENGINE_FILES
                for file in sorted(_ENGINE.glob(pattern))
            }
            self.files[_ENGINE_ENTRY] = digest_bytes(dumps(files))

    def _add_resources(self, module: Module, source: Source) -> None:
        for name in source.resources:
            package = self._finder.find(name or module.package)
            if package is None or package.file.stem != INIT:
                continue
            for file in sorted(package.file.parent.rglob("*")):
                if file.suffix in {".py", ".pyc"} or not file.is_file():
                    continue
                self.files[file.relative_to(package.root).as_posix()] = digest_file(file)


def _absolute(module: Module, level: int, name: str) -> str:
    if not level:
        return name
    parts = module.package.split(".")
    parts = parts[: len(parts) - level + 1]
    return ".".join([*parts, name] if name else parts)


def _whole_package(module: Module) -> Iterator[Module]:
    for file in sorted(module.file.parent.rglob("*.py")):
        below = file.relative_to(module.root).with_suffix("").parts
        name = ".".join(below[:-1] if file.stem == INIT else below)
        yield Module(name, file, module.root)


def _read(file: Path) -> Source:
    try:
        return read_source(file.read_bytes())
    except OSError as error:
        raise CodeStateError(f"the code {file} can't be read: {error.strerror}") from error
