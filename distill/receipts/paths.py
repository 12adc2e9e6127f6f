"""The form in which a receipt names a file: ``relative/path`` or ``root:relative/path``."""

import re
from functools import lru_cache

_ROOT = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")
_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:/")
_UNFIT = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff\\]")
# Line and paragraph separators and reversed text make a name look like another on a screen;
# b3sum refuses to check a name with U+FFFD.
_MISLEADING = re.compile("[\u2028\u2029\u202a-\u202e\u2066-\u2069\ufffd]")
# What most paths are made of: a path of such parts has no fault.
_PLAIN_PART = r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,199}"
_PLAIN = re.compile(f"{_PLAIN_PART}(?:/{_PLAIN_PART})*")
MAX_PATH = 4096
MAX_PART_BYTES = 255  # what Linux and macOS take as one name


def is_url(text: str) -> bool:
    """Whether a text names something by a scheme: ``s3://…``, and ``s3:/…`` as a Path holds it."""
    return _URL.match(text) is not None


def is_root_name(text: str) -> bool:
    """Whether a text may name a root: letters, digits, ``_`` and ``-``."""
    return _ROOT.fullmatch(text) is not None


def split_root(recorded: str) -> tuple[str | None, str]:
    """Return the root's name (null: the workspace) and the path below it."""
    name, colon, rest = recorded.partition(":")
    if colon and "/" not in name:
        return name, rest
    return None, recorded


def is_at_or_below(path: str, folder: str) -> bool:
    """Whether a recorded path is a folder, or lies in it."""
    return f"{path}/".startswith(f"{folder}/")


@lru_cache(maxsize=4096)  # the receipts of one workspace name the same files again and again
def fault_in(recorded: str) -> str | None:
    """Return what is wrong with a recorded path, or None.

    Law: a path without fault names a place at or below its root, whatever the root is, as long as
    no link leads out of it.
    """
    if _PLAIN.fullmatch(recorded) and len(recorded) <= MAX_PATH:
        return None
    root, path = split_root(recorded)
    if root is not None and not is_root_name(root):
        return f"{root[:60]!r} names no root"
    return _fault_in_characters(recorded) or _fault_in_parts(path.split("/"))


def _fault_in_characters(recorded: str) -> str | None:
    if len(recorded) > MAX_PATH:
        return f"longer than {MAX_PATH} characters"
    if _UNFIT.search(recorded):
        return "it holds a control character or a backslash"
    if _MISLEADING.search(recorded):
        return "it holds a character that breaks lines, reverses text or stands for others"
    return None


def _fault_in_parts(parts: list[str]) -> str | None:
    if not parts[0] and len(parts) > 1:
        return "it is absolute"
    if any(part in {"", ".", ".."} for part in parts):
        return "it holds an empty part, '.' or '..'"
    if any(len(part.encode()) > MAX_PART_BYTES for part in parts):
        return f"a part of it is longer than {MAX_PART_BYTES} bytes"
    return None
