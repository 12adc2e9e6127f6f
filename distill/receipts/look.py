"""One look at a workspace: what its stat cache knows, and what the file system says of paths.

A look lasts as long as one question, and each path is asked for once, however many calls it is
about. Who waited for somebody else meanwhile looks anew.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Self

from distill.receipts.code.installed import installed_token
from distill.receipts.identities import Seen, Sight
from distill.receipts.real_paths import RealPaths
from distill.receipts.stat_cache import StatCache
from distill.receipts.workspace import Workspace


class Look:
    """The stat cache of a workspace, and what was seen since it was read."""

    def __init__(self, cache: StatCache) -> None:
        self.cache = cache
        self._followed: dict[str, Seen] = {}
        self._plain: dict[str, Seen] = {}
        self._installed: list[str | None] = []
        self.real = RealPaths()

    @classmethod
    def at(cls, workspace: Workspace) -> Self:
        """Begin a look."""
        return cls(StatCache.read(workspace))

    def renew(self, workspace: Workspace) -> None:
        """Begin anew, and keep what was learnt."""
        self.cache.write(workspace)
        self.cache = StatCache.read(workspace)
        for seen in (self._followed, self._plain, self._installed):
            seen.clear()
        self.real = RealPaths()

    def are_known(self, places: Mapping[str, str]) -> bool:
        """Whether files, links followed, have the identities that the cache knows them by.

        ``places`` are where they lie, by the names that the cache has for them.
        """
        for name, place in places.items():
            entry, sight = self.cache.entry_of(name), self.sight()
            if entry is None or not sight.followed([place]) or sight.lines != [entry[0]]:
                return False
        return True

    def sight(self) -> Sight:
        """Return a sight of paths that have been seen already, or are seen from here on."""
        return Sight(self._followed, self._plain)

    @property
    def installed(self) -> str | None:
        """What stands for all that is installed, null where the cache does not know."""
        if not self._installed:
            self._installed.append(installed_token(self.cache))
        return self._installed[0]


_shared: ContextVar[tuple[Workspace, Look] | None] = ContextVar("distill_look", default=None)


@contextmanager
def one_look(workspace: Workspace) -> Iterator[None]:
    """Let all plans that are made inside be one question; nothing is written there."""
    token = _shared.set((workspace, shared_look(workspace)))
    try:
        yield
    finally:
        _shared.reset(token)


def shared_look(workspace: Workspace) -> Look:
    """Return the look of the question that is asked of a workspace, or one of its own."""
    shared = _shared.get()
    return shared[1] if shared is not None and shared[0] == workspace else Look.at(workspace)


def shared_paths() -> RealPaths:
    """Return the real paths of the question that is asked, or those of one that begins."""
    shared = _shared.get()
    return RealPaths() if shared is None else shared[1].real
