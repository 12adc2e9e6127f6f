"""Where many paths really lie once links are followed; each folder and file is asked once."""

import os


class RealPaths:
    """Real places, for as long as one question takes: a folder may become a link later."""

    def __init__(self) -> None:
        self._folders: dict[str, str] = {}
        #: What stands before the names of a folder's plain files in their recorded paths.
        self.recorded: dict[tuple[str, str], str] = {}
        #: Paths that are no links.
        self.plain: set[str] = set()

    def of(self, path: str) -> str:
        """Return the real place of a path without ``.`` and ``..``.

        Law: equals ``os.path.realpath(path)``.
        """
        folder, _, name = path.rpartition("/")  # texts: Path takes ten times as long
        if not name or not folder or self.is_link(path):
            return os.path.realpath(path)
        return f"{self.of_folder(folder).rstrip('/')}/{name}"

    def is_link(self, path: str) -> bool:
        """Return whether a path is a link."""
        if path in self.plain:
            return False
        if os.path.islink(path):  # noqa: PTH114 - a text
            return True
        self.plain.add(path)
        return False

    def of_folder(self, folder: str) -> str:
        """Return the real place of a folder."""
        known = self._folders.get(folder)
        if known is None:
            known = self._folders[folder] = os.path.realpath(folder)
        return known


def is_within(place: str, folder: str) -> bool:
    """Whether a normalised place is a folder or lies below it, by name."""
    return place == folder or place.startswith(folder if folder.endswith("/") else f"{folder}/")
