"""Which files a repository has: the answer to "is this mention a real file?"."""

from collections.abc import Iterable


class PathListing:
    """The files of a repository, asked by path or by the end of a path.

    Held are one string a file and, by file name, the files of that name: some 200 bytes a file.
    """

    def __init__(self, paths: Iterable[str] = ()) -> None:
        self._by_name: dict[str, str | set[str]] = {}
        self._size = 0
        for path in paths:
            self.add(path)

    def add(self, path: str) -> None:
        """Add a file."""
        path = _normal(path)
        name = path.rpartition("/")[2]
        known = self._by_name.get(name)
        if not name or path == known or (isinstance(known, set) and path in known):
            return
        self._size += 1
        if known is None:
            self._by_name[name] = path
        elif isinstance(known, str):
            self._by_name[name] = {known, path}
        else:
            known.add(path)

    def __len__(self) -> int:
        return self._size

    def holds(self, mention: str) -> bool:
        """Say whether a file has this path, or a path that ends in it at a folder's border.

        A mention that begins further out than the repository (``checkout/django/db/base.py``)
        names a file too, if its end is the whole path of one that lies in a folder.
        """
        wanted = _normal(mention)
        known = self._by_name.get(wanted.rpartition("/")[2], ())
        files = (known,) if isinstance(known, str) else known
        return any(_ends_in(path, wanted) or _lies_outside(wanted, path) for path in files)


def _ends_in(path: str, end: str) -> bool:
    return path == end or path.endswith("/" + end)


def _lies_outside(mention: str, path: str) -> bool:
    return "/" in path and mention.endswith("/" + path)


def _normal(path: str) -> str:
    path = path.strip().replace("\\", "/")
    while path.startswith("./"):
        path = path[2:]
    return path.strip("/")
