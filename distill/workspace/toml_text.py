"""Values as TOML text, for the one file that Distill writes for a person to edit."""

import json
import re
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
_NOT_NAME = re.compile(r"[^a-z0-9._-]+")


def as_toml(value: Any) -> str:
    """Return a JSON value as TOML on one line; a null inside a table is left out.

    Law: ``tomllib.loads("x = " + as_toml(v))["x"] == v`` for values without null.
    """
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        # TOML's basic strings take JSON's escapes; DEL alone has to be escaped besides.
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, dict):
        pairs = [f"{_key(k)} = {as_toml(v)}" for k, v in value.items() if v is not None]
        return "{ " + ", ".join(pairs) + " }" if pairs else "{}"
    return "[" + ", ".join(as_toml(item) for item in value) + "]"


def source_name(files: Sequence[Path], taken: Collection[str]) -> str:
    """Return a name for the source of these files: a file's own, or that of their folder."""
    base = files[0].name.split(".")[0] if len(files) == 1 else files[0].parent.name
    name = _NOT_NAME.sub("-", base.lower()).strip("-._") or "logs"
    name, number = name[:48], 1
    candidate = name
    while candidate in taken:
        number += 1
        candidate = f"{name}-{number}"
    return candidate


def _key(key: str) -> str:
    return key if _BARE_KEY.fullmatch(key) else json.dumps(key, ensure_ascii=False)
