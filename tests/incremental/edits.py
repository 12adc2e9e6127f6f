"""Random logs, and random edits of them: what happens to logs between two runs."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from hypothesis import strategies as st

Logs: TypeAlias = Mapping[str, tuple[bytes, ...]]

_BYTES = st.sampled_from(b"abcdefgx{}\"'\\ \xc3\xa9\x00\r")
RECORDS = st.one_of(
    st.lists(_BYTES, max_size=12).map(bytes),
    st.lists(_BYTES, min_size=12, max_size=200).map(bytes),
)
NAMES = st.sampled_from(["a.jsonl", "b.jsonl", "b.jsonl.1", "c d.jsonl", "z.jsonl"])
_FEW = st.dictionaries(NAMES, st.lists(RECORDS, max_size=40).map(tuple), max_size=3)


def _with_a_copy(logs: Logs, name: str) -> Logs:
    """Return logs of which one more holds what the first of them holds."""
    return {**logs, name: logs[min(logs)]} if logs else logs


LOGS = st.one_of(_FEW, st.builds(_with_a_copy, _FEW, NAMES))


@dataclass(frozen=True)
class Edit:
    """An edit by name, with numbers that say where."""

    kind: str
    where: int
    other: int
    records: tuple[bytes, ...]

    def __call__(self, logs: Logs) -> Logs:
        """Return the logs after the edit; one that fits nowhere changes nothing."""
        if not logs:
            return {"a.jsonl": self.records}
        names = sorted(logs)
        return _EDITS[self.kind](self, dict(logs), names[self.where % len(names)])

    def at(self, records: tuple[bytes, ...]) -> int:
        """Return a place among records."""
        return self.other % (len(records) + 1)


def _append(edit: Edit, logs: dict[str, tuple[bytes, ...]], name: str) -> Logs:
    return {**logs, name: logs[name] + edit.records}


def _insert(edit: Edit, logs: dict[str, tuple[bytes, ...]], name: str) -> Logs:
    at = edit.at(logs[name])
    return {**logs, name: logs[name][:at] + edit.records + logs[name][at:]}


def _delete(edit: Edit, logs: dict[str, tuple[bytes, ...]], name: str) -> Logs:
    at = edit.at(logs[name])
    return {**logs, name: logs[name][:at] + logs[name][at + 1 :]}


def _modify(edit: Edit, logs: dict[str, tuple[bytes, ...]], name: str) -> Logs:
    at = edit.at(logs[name])
    return {**logs, name: logs[name][:at] + edit.records[:1] + logs[name][at + 1 :]}


def _rotate(edit: Edit, logs: dict[str, tuple[bytes, ...]], name: str) -> Logs:
    """Cut the head off."""
    return {**logs, name: logs[name][edit.at(logs[name]) :]}


def _split(edit: Edit, logs: dict[str, tuple[bytes, ...]], name: str) -> Logs:
    at = edit.at(logs[name])
    return {**logs, name: logs[name][:at], f"{name}.rest": logs[name][at:]}


def _rename(edit: Edit, logs: dict[str, tuple[bytes, ...]], name: str) -> Logs:
    records = logs.pop(name)
    return {**logs, f"renamed-{edit.other % 3}-{name}": records}


def _remove(_: Edit, logs: dict[str, tuple[bytes, ...]], name: str) -> Logs:
    del logs[name]
    return logs


def _copy(edit: Edit, logs: dict[str, tuple[bytes, ...]], name: str) -> Logs:
    return {**logs, f"copy-{edit.other % 3}.jsonl": logs[name]}


_EDITS: Mapping[str, Callable[[Edit, dict[str, tuple[bytes, ...]], str], Logs]] = {
    "append": _append,
    "insert": _insert,
    "delete": _delete,
    "modify": _modify,
    "rotate": _rotate,
    "split": _split,
    "rename": _rename,
    "remove": _remove,
    "copy": _copy,
}

EDITS = st.builds(
    Edit,
    kind=st.sampled_from(sorted(_EDITS)),
    where=st.integers(0, 5),
    other=st.integers(0, 60),
    records=st.lists(RECORDS, min_size=1, max_size=4).map(tuple),
)


def content(records: tuple[bytes, ...], *, is_open: bool) -> bytes:
    """Return a log's bytes; an open one has no newline after its last record."""
    joined = b"".join(record + b"\n" for record in records)
    return joined.removesuffix(b"\n") if is_open and records and records[-1] else joined
