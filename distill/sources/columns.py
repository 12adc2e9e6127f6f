"""What the rows of an unknown log hold: each pointer, how many rows fill it, and with what."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from distill.sources.pointers import join_pointer
from distill.sources.strict_json import name_type

_DEEPEST: Final = 3
_SAMPLE_CHARS: Final = 40
_CAMEL: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


@dataclass(slots=True)
class Column:
    """One pointer over all rows. `values` are those found, null left out."""

    tokens: tuple[str, ...]
    rows: int
    values: list[Any] = field(default_factory=list)

    @property
    def pointer(self) -> str:
        """The column's RFC 6901 pointer."""
        return join_pointer(self.tokens)

    @property
    def name(self) -> str:
        """The last key in snake case, by which the column's meaning is guessed."""
        return _CAMEL.sub("_", self.tokens[-1]).lower().replace("-", "_")

    @property
    def share(self) -> float:
        """The share of rows that hold a value here."""
        return len(self.values) / self.rows

    @property
    def types(self) -> frozenset[str]:
        """The JSON types of the values."""
        return frozenset(name_type(value) for value in self.values)

    @property
    def is_unique(self) -> bool:
        """True where no two rows hold one value."""
        return len({repr(value) for value in self.values}) == len(self.values)

    def describe(self) -> str:
        """Return share and a sample value as half a sentence."""
        sample = repr(self.values[0]) if not isinstance(self.values[0], dict | list) else "…"
        short = sample if len(sample) <= _SAMPLE_CHARS else sample[:_SAMPLE_CHARS] + "…"
        return f"fills {self.share:.0%} of {self.rows} rows, such as {short}"


def observe(rows: Sequence[dict[str, Any]]) -> list[Column]:
    """Return the columns of the rows, objects opened down to three levels, upper ones first."""
    columns: dict[tuple[str, ...], Column] = {}
    for row in rows:
        for tokens, value in _walk(row, ()):
            column = columns.setdefault(tokens, Column(tokens, len(rows)))
            if value is not None:
                column.values.append(value)
    filled = [column for column in columns.values() if column.values]
    return sorted(filled, key=lambda column: len(column.tokens))


def unread(columns: Sequence[Column], used: Sequence[str]) -> list[str]:
    """Return the pointers that no setting reads, the uppermost of each branch.

    ``used`` are the pointers of the settings. An object of which a part is read is opened.
    """
    told: list[str] = []
    for column in columns:
        inside = f"{column.pointer}/"
        is_seen = any(inside.startswith(f"{above}/") for above in (*told, *used))
        if not is_seen and not any(pointer.startswith(inside) for pointer in used):
            told.append(column.pointer)
    return told


def find_runs_at(rows: Sequence[dict[str, Any]]) -> tuple[str, ...]:
    """Return the pointers of the objects that hold one run each, where a row holds several.

    They are sibling objects with the same keys in nearly every row, or the elements of one list.
    """
    first = rows[0]
    groups: dict[frozenset[str], list[str]] = {}
    for key, value in first.items():
        if isinstance(value, dict) and value and _is_filled(rows, key, frozenset(value)):
            groups.setdefault(frozenset(value), []).append(key)
    wide = max(groups.values(), key=len, default=[])
    if len(wide) > 1:
        return tuple(join_pointer((key,)) for key in wide)
    for key, value in first.items():
        if isinstance(value, list) and value and all(isinstance(item, dict) for item in value):
            return (join_pointer((key, "*")),)
    return ()


def _is_filled(rows: Sequence[dict[str, Any]], key: str, keys: frozenset[str]) -> bool:
    values = [row.get(key) for row in rows]
    same = [value for value in values if isinstance(value, dict) and value.keys() == keys]
    return len(same) >= 0.9 * len(rows)


def _walk(value: dict[str, Any], tokens: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any]]:
    for key, child in value.items():
        inner = (*tokens, key)
        yield inner, child
        if isinstance(child, dict) and len(inner) < _DEEPEST:
            yield from _walk(child, inner)
