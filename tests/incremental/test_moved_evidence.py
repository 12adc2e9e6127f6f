"""Where evidence only moves, what is exported of it is not worked out again."""

import os
from pathlib import Path
from typing import Any

import pytest

from distill.receipts.incremental.passes import Mapped
from distill.receipts.incremental.worker_count import WORKERS
from distill.records.scored import without_place
from distill.stages import admitting, pairing
from tests.workspaces import MAPPED, VERDICT, lines, row

from .small import made, make_small

CONFIGURATION = MAPPED + VERDICT
RUNS = [row(f"t{number // 2}", f"answer {number}", number % 2 == 0) for number in range(80)]


def test_records_in_front_cost_the_exports_nothing_of_what_is_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The evidence of the second file gets other places in other shards; its rows stand."""
    make_small(monkeypatch)
    monkeypatch.setenv(WORKERS, "1")
    counted = tmp_path / "counted"
    _count(monkeypatch, admitting.PartExport, "of", counted)
    _count(monkeypatch, pairing.Pairing, "of", counted)
    root, full = tmp_path / "kept", tmp_path / "full"
    _put(root, 1)
    before = made(root, CONFIGURATION)
    everything = _taken(counted)
    _put(root, 4)
    after = made(root, CONFIGURATION)
    again = _taken(counted)
    _put(full, 4)
    assert after == made(full, CONFIGURATION)
    scored = [name for name in after if name.startswith("data/scored/")]
    moved = [name for name in scored if after[name] != before.get(name)]
    assert len(moved) > len(scored) // 2
    assert again < everything // 3


def _put(root: Path, number: int) -> None:
    logs = root / "logs"
    logs.mkdir(parents=True, exist_ok=True)
    (logs / "a.jsonl").write_bytes(lines(row("first", f"long {n} " * 200) for n in range(number)))
    (logs / "b.jsonl").write_bytes(lines(RUNS))


def _count(monkeypatch: pytest.MonkeyPatch, cls: type[Any], name: str, counted: Path) -> None:
    """Let every call leave a byte in a file: stages may run in processes of their own."""
    function = getattr(cls, name)

    def calling(self: Any, *given: Any) -> Mapped:
        descriptor = os.open(counted, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        os.write(descriptor, b".")
        os.close(descriptor)
        found: Mapped = function(self, *given)
        return found

    monkeypatch.setattr(cls, name, calling)


def _taken(counted: Path) -> int:
    number = counted.stat().st_size
    counted.unlink()
    return number


def test_without_place_takes_the_place_alone() -> None:
    """A text that looks like the reference is no reference."""
    lookalike = rb'"rule":"x\",\"evidence\":{\"path\":","reasons":[]'
    digest = b'"blake3":"' + b"0" * 64 + b'"}}\n'
    line = b"{" + lookalike + b',"evidence":{"path":"data/a.jsonl","start":5,"end":70,' + digest
    moved = line.replace(b"a.jsonl", b"b.jsonl").replace(b"5", b"1234")
    assert without_place(line) == without_place(moved) == b"{" + lookalike + digest
    assert without_place(line) != without_place(line.replace(b'"x', b'"y'))
    assert without_place(line) != without_place(line.replace(b"00", b"01", 1))
    assert without_place(b"no scored line\n") == b"no scored line\n"
