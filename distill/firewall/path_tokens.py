"""Which words of a text name a source file of the repository that the text is about.

Only what has a folder and the ending of a source file counts: ``models.py`` alone is a way of
speaking, ``data/out.csv`` may be a file that a program makes. A URL, an absolute path, a glob, a
template, a library's own file and a placeholder name no file of the repository. Each character is
looked at once.
"""

import re
from collections.abc import Iterator
from typing import Final

SOURCE_ENDINGS: Final = frozenset(
    {
        *("py", "pyi", "pyx", "pxd", "ipynb", "js", "jsx", "mjs", "cjs", "ts", "tsx", "vue"),
        *("svelte", "c", "h", "cc", "cpp", "cxx", "hh", "hpp", "cs", "java", "kt", "kts", "scala"),
        *("swift", "go", "rs", "rb", "php", "pl", "lua", "ex", "exs", "erl", "hs", "clj", "dart"),
        *("sh", "sql", "rst", "md", "toml", "cfg", "ini"),
    }
)

_MAX_CHARS: Final = 400
#: A word with a slash, from its beginning; possessive, so that no character is tried twice.
_WORD: Final = re.compile(
    r"""(?<![^\s"'`()\[\]{}<>,;|=#])[^\s"'`()\[\]{}<>,;|=#/]*+/[^\s"'`()\[\]{}<>,;|=#]*+"""
)
_FOREIGN: Final = re.compile(r"[*$%~?!\\^&]|://|\.\.|site-packages|dist-packages|node_modules")
_PLACEHOLDER: Final = re.compile(
    r"(?:^|/)(?:path/to|foo|bar|baz|qux|xxx|your|my|some)(?:[/_.-]|$)", re.IGNORECASE
)
_HOST: Final = re.compile(r"(?:www\..*|[\w.-]+\.(?:com|org|net|io|dev|edu|gov|co))(?::\d+)?")


def paths_in(text: str) -> Iterator[str]:
    """Yield the paths that a text names, in order, as it names them but for a leading ``./``."""
    for found in _WORD.finditer(text):
        path = _as_path(found[0])
        if path is not None:
            yield path


def as_path(text: str) -> str | None:
    """Return the path that a text is as a whole, without a line number behind it; else null."""
    word = text.strip() if len(text) <= _MAX_CHARS else ""
    return _as_path(word) if _WORD.fullmatch(word) else None


def _as_path(word: str) -> str | None:
    word = word.partition(":")[0] if "://" not in word else word
    # Markdown's emphasis; a glob has its star between other characters, or is left without a name.
    word = word.strip("*").rstrip(".!?_").removeprefix("./")
    folder, slash, name = word.rpartition("/")
    stem, dot, ending = name.rpartition(".")
    if not (slash and folder and dot and stem) or ending not in SOURCE_ENDINGS:
        return None
    if word.startswith(("/", "-", "@")) or _FOREIGN.search(word) or _PLACEHOLDER.search(word):
        return None
    folders = folder.split("/")
    if "" in folders or _HOST.fullmatch(folders[0]) or any(_is_file(part) for part in folders):
        return None
    return word


def _is_file(part: str) -> bool:
    """Say whether a folder has a file's name, as in ``models.py/views.py``: two names, no path."""
    stem, _, ending = part.rpartition(".")
    return bool(stem) and ending in SOURCE_ENDINGS
