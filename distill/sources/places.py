"""Where a setting finds its value: pointers from the row or from the run's object, and the path.

=========== =================================================================
``/a/b``    RFC 6901, from the row
``./a/b``   from the run's object, where one row holds several (`runs_at`)
``/a/*/b``  the list of what every element of the array at ``/a`` has at ``/b``
``@key``    the name or number under which the run's object stands in its row
``@file``   the file's name without its suffixes; ``@folder``: the folder's name
``@path``   the whole recorded path without the file's suffixes
=========== =================================================================
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache, partial
from pathlib import PurePosixPath
from typing import Any, Final, NamedTuple

from distill.errors import ConfigurationError
from distill.sources.pointers import ABSENT, join_pointer, parse_pointer, resolve

FROM_PATH: Final = ("@key", "@file", "@folder", "@path")


@dataclass(frozen=True, slots=True)
class Place:
    """One alternative of a setting. `name` is null for pointers, else one of `FROM_PATH`.

    `resolve` returns what stands there in the row, or with `is_relative` in the run's object;
    `pointer` is the pointer of the tokens.
    """

    tokens: tuple[str, ...] = ()
    is_relative: bool = False
    name: str | None = None
    pointer: str = field(init=False, compare=False)
    resolve: Callable[[Any], Any] = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        """Work out once what every row is asked."""
        object.__setattr__(self, "pointer", join_pointer(self.tokens))
        object.__setattr__(self, "resolve", _resolver(self.tokens))


class Found(NamedTuple):
    """A value and the pointer to it from the raw record ("" where it stands in the path)."""

    value: Any
    pointer: str


@dataclass(frozen=True, slots=True)
class RunSite:
    """One run in a row: the row, the run's object (the row itself without `runs_at`), the path."""

    row: Any
    run: Any
    tokens: tuple[str, ...]
    path: str

    @property
    def pointer(self) -> str:
        """The pointer from the raw record to the run."""
        return join_pointer(self.tokens)


@lru_cache(4096)  # a group's place is asked for with every row
def parse_place(text: str) -> Place:
    """Return the place that a setting names.

    Raises:
        ConfigurationError: it is neither a pointer nor one of `FROM_PATH`.
    """
    if text.startswith("@"):
        if text not in FROM_PATH:
            raise ConfigurationError(f"unknown place {text!r}", "known: " + ", ".join(FROM_PATH))
        return Place(name=text)
    if text.startswith("./"):
        return Place(parse_pointer(text[1:]), is_relative=True)
    return Place(parse_pointer(text))


def find(places: Sequence[Place], site: RunSite) -> Found | None:
    """Return the value at the first place that holds one (null is a value), else null."""
    for place in places:
        if place.name is not None:
            value = _from_path(place.name, site)
            if value:
                return Found(value, "")
            continue
        value = place.resolve(site.run if place.is_relative else site.row)
        if value is not ABSENT:
            above = site.pointer if place.is_relative else ""
            return Found(value, above + place.pointer)
    return None


class NameSetting:
    """A setting that is a name, or with ``@`` the place in a file's path where the name stands.

    Raises:
        ConfigurationError: it begins with ``@`` and is none of `FROM_PATH`.
    """

    def __init__(self, text: str | None) -> None:
        self._text = text
        self._place = parse_place(text) if text is not None and text.startswith("@") else None

    def of(self, path: str) -> str | None:
        """Return the name for a file at this recorded path; null without a setting."""
        if self._place is None:
            return self._text
        found = find([self._place], RunSite(None, None, (), path))
        return str(found.value) if found else None


def _resolver(tokens: tuple[str, ...]) -> Callable[[Any], Any]:
    """Return what finds the value at a pointer; beyond a ``*``, what its elements hold there."""
    if "*" in tokens:
        at = tokens.index("*")
        return partial(_resolve_all, tokens[:at], _resolver(tokens[at + 1 :]))
    if len(tokens) == 1:
        return partial(_resolve_member, tokens, tokens[0])
    return lambda value: resolve(value, tokens)


def _resolve_member(tokens: tuple[str, ...], token: str, value: Any) -> Any:
    """Return what `resolve` does of one token: most settings point at a member of the row."""
    return value.get(token, ABSENT) if type(value) is dict else resolve(value, tokens)


def _resolve_all(tokens: tuple[str, ...], inner: Callable[[Any], Any], value: Any) -> Any:
    elements = resolve(value, tokens)
    if not isinstance(elements, list):
        return ABSENT
    return [found for element in elements if (found := inner(element)) is not ABSENT]


def sites(row: Any, runs_at: Sequence[tuple[str, ...]], path: str) -> Iterator[RunSite]:
    """Yield the runs of a row: one at each pointer of `runs_at` that the row fills.

    A last token ``*`` stands for every element or member. Without `runs_at` the row is the run.
    """
    if not runs_at:
        yield RunSite(row, row, (), path)
    for tokens in runs_at:
        if tokens[-1:] != ("*",):
            value = resolve(row, tokens)
            if value is not ABSENT and value is not None:
                yield RunSite(row, value, tokens, path)
            continue
        container = resolve(row, tokens[:-1])
        for name, value in _children(container):
            yield RunSite(row, value, (*tokens[:-1], name), path)


def _children(container: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(container, dict):
        yield from container.items()
    elif isinstance(container, list):
        for index, value in enumerate(container):
            yield str(index), value


def _from_path(place: str, site: RunSite) -> str:
    if place == "@key":
        return site.tokens[-1] if site.tokens else ""
    path = PurePosixPath(site.path.rpartition(":")[2])
    if place == "@folder":
        return path.parent.name
    name = path.name.removesuffix(".gz")
    stem = name.rpartition(".")[0] or name
    return stem if place == "@file" else site.path.removesuffix(path.name) + stem
