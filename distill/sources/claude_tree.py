"""The tree of records of a Claude Code session, and the paths through it that were lived.

Each record names its parent (`parentUuid`). An edited or rewound turn leaves a dead branch: the
live path is that from the last turn up to its root. A compaction begins a new root
(`compact_boundary`), which names what went before (`logicalParentUuid`). The answers to parallel
calls stand on branches of their own, so they are looked up by the call's id, not by the path.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from distill.sources.messages import violation

TURNS: Final = ("user", "assistant")

Row = Mapping[str, Any]


class Tree:
    """The records of one agent of a session, in the order of the file."""

    def __init__(self, rows: Sequence[Row]) -> None:
        self._by_id: dict[str, Row] = {}
        self._by_message: dict[str, list[Row]] = {}
        self._results: dict[str, dict[str, Any]] = {}
        for row in rows:
            if row["uuid"] in self._by_id:
                continue  # a record that was logged twice
            self._by_id[row["uuid"]] = row
            if row.get("type") == "assistant":
                self._by_message.setdefault(message_id(row), []).append(row)
            for block in blocks_of(row):
                if block.get("type") == "tool_result":
                    self._results.setdefault(str(block.get("tool_use_id")), block)

    def lives(self) -> list[list[Row]]:
        """Return the live path, and before it what compactions cut off, the oldest first.

        Raises:
            RecordError: the parents of a record go round in a circle.
        """
        leaf = next((row for row in reversed(self._by_id.values()) if _is_turn(row)), None)
        found: list[list[Row]] = []
        seen: set[str] = set()
        while leaf is not None:
            path = self._path(leaf, seen)
            found.append(path)
            before = path[0].get("logicalParentUuid")
            leaf = self._by_id.get(str(before)) if before is not None else None
        return found[::-1]

    def same_message(self, row: Row) -> list[Row]:
        """Return the records, one a content block, that an assistant's message was logged in."""
        return self._by_message[message_id(row)]

    def result(self, call_id: str) -> dict[str, Any] | None:
        """Return the result of a call, null where it was never answered."""
        return self._results.get(call_id)

    def _path(self, leaf: Row, seen: set[str]) -> list[Row]:
        path: list[Row] = []
        row: Row | None = leaf
        while row is not None:
            if row["uuid"] in seen:
                raise violation("cycle_of_parents", "the parents of a record go round in a circle")
            seen.add(row["uuid"])
            path.append(row)
            row = self._by_id.get(str(row.get("parentUuid")))
        return path[::-1]


def message_of(row: Row) -> Mapping[str, Any]:
    """Return a record's message, an empty one where it has none."""
    message = row.get("message")
    return message if isinstance(message, dict) else {}


def message_id(row: Row) -> str:
    """Return the id of a record's message; its own where the message has none."""
    found = message_of(row).get("id")
    return found if isinstance(found, str) else str(row["uuid"])


def blocks_of(row: Row) -> Iterator[dict[str, Any]]:
    """Yield the content blocks of a record's message; a text is one block."""
    content = message_of(row).get("content")
    if isinstance(content, str):
        yield {"type": "text", "text": content}
    elif isinstance(content, list):
        yield from (block for block in content if isinstance(block, dict))


def is_synthetic(row: Row) -> bool:
    """Say whether an assistant's record was made by the program, such as an error of the API."""
    is_error = row.get("isApiErrorMessage") is True
    return is_error or message_of(row).get("model") == "<synthetic>"


def _is_turn(row: Row) -> bool:
    return row.get("type") in TURNS
