"""The two forms as stages: what comes out, what is skipped and kept, what is refused."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path

import pytest

from distill.errors import ContractError, SourceError
from distill.receipts import (
    Outcome,
    Workspace,
    with_receipt_per_group,
    with_receipt_per_record,
    workspace_scope,
)
from distill.receipts.incremental.segments import cut
from distill.receipts.incremental.stage import IncrementalStage
from distill.receipts.incremental.worker_count import WORKERS
from distill.receipts.verify import VerificationRequest, verify_workspace

from .desk import set_bounds
from .edits import content
from .marks import first_byte
from .pipeline import CALLS, STAGES, calls, gather, locate, widen

LOGS: dict[str, tuple[bytes, ...]] = {
    "a.jsonl": tuple(b"%d of a" % i for i in range(200)),
    "b.jsonl": tuple(b"%dx of b" % (i * 7) for i in range(150)),
}


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Workspace]:
    """An empty workspace, in scope; segments and shards are small."""
    set_bounds(monkeypatch, (120, 480, 600, 3000))
    monkeypatch.setenv(CALLS, str(tmp_path / "calls"))
    (tmp_path / "distill.toml").touch()
    with workspace_scope(Workspace(tmp_path)) as here:
        yield here


def put(workspace: Workspace, logs: Mapping[str, tuple[bytes, ...]] = LOGS) -> list[Path]:
    """Write logs and return their places."""
    folder = workspace.root / "logs"
    folder.mkdir(exist_ok=True)
    for name, records in logs.items():
        (folder / name).write_bytes(content(records, is_open=False))
    return sorted(folder.iterdir())


def written(outcome: Outcome, workspace: Workspace) -> bytes:
    """Return the bytes of all shards, one after the other."""
    return b"".join((workspace.root / one.path).read_bytes() for one in outcome.outputs)


def widened() -> bytes:
    """Return what `widen` gives, by its function called record by record."""
    lines = [line for _, records in sorted(LOGS.items()) for r in records for line in plain(r)]
    return b"".join(line + b"\n" for line in lines)


def plain(record: bytes) -> list[bytes]:
    """Return what `widen` gives of one record."""
    return [b"%d %b" % (number, record) for number in range(record[0] % 3)]


def located() -> bytes:
    """Return what `locate` gives."""
    lines = []
    for name, records in sorted(LOGS.items()):
        start = 0
        for line, record in enumerate(records, 1):
            at = [f"logs/{name}", line, start, start + len(record)]
            lines.append({"text": record.decode(), "at": at})
            start += len(record) + 1
    return "".join(json.dumps(one, separators=(",", ":")) + "\n" for one in lines).encode()


def gathered() -> bytes:
    """Return what `gather` gives."""
    groups: dict[str, list[str]] = {}
    for _, records in sorted(LOGS.items()):
        for record in records:
            key = first_byte(record)
            if key is not None:
                groups.setdefault(key, []).append(record.decode())
    lines = [{"key": key, "records": groups[key]} for key in sorted(groups)]
    return "".join(json.dumps(one, separators=(",", ":")) + "\n" for one in lines).encode()


@pytest.mark.parametrize(
    ("stage", "expected"),
    [(widen, widened), (locate, located), (gather, gathered)],
    ids=["widen", "locate", "gather"],
)
def test_the_output_is_that_of_a_plain_loop(
    stage: IncrementalStage, expected: Callable[[], bytes], workspace: Workspace
) -> None:
    """All shards together are what a loop over records, or sorted groups, writes."""
    outcome = stage(read=put(workspace), write="out")
    assert written(outcome, workspace) == expected()
    assert len(outcome.outputs) > 1 or stage is gather
    assert outcome.receipt.claim.counts["read"] == 350
    assert not verify_workspace(workspace, VerificationRequest(is_deep=True)).faults


@pytest.mark.parametrize("stage", STAGES, ids=lambda stage: stage.stage)
def test_what_did_not_change_is_not_written_again(
    stage: IncrementalStage, workspace: Workspace
) -> None:
    """A second call is skipped; after growth, the shards before the last one stand."""
    files = put(workspace)
    first = stage(read=files, write="out")
    assert stage(read=files, write="out").skipped
    inodes = {one.path: (workspace.root / one.path).stat().st_ino for one in first.outputs}
    calls(workspace.root / "calls")
    put(workspace, {**LOGS, "b.jsonl": (*LOGS["b.jsonl"], b"9 more", b"8 more")})
    second = stage(read=files, write="out")
    assert not second.skipped
    standing = [
        one.path
        for one in second.outputs
        if inodes.get(one.path) == (workspace.root / one.path).stat().st_ino
    ]
    assert len(standing) >= len(first.outputs) - 1 - (stage is gather)
    assert calls(workspace.root / "calls") < 40
    assert not verify_workspace(workspace, VerificationRequest(is_deep=True)).faults


def test_a_place_counts_where_the_function_asks_for_it(workspace: Workspace) -> None:
    """The same bytes at the same place but on another line are computed again."""
    files = put(workspace, {"a.jsonl": (b"12345", *LOGS["a.jsonl"]), "b.jsonl": ()})
    locate(read=files, write="out")
    put(workspace, {"a.jsonl": (b"12", b"45", *LOGS["a.jsonl"]), "b.jsonl": ()})
    outcome = locate(read=files, write="out")
    lines = [json.loads(line)["at"][1] for line in written(outcome, workspace).splitlines()]
    assert lines == list(range(1, 203))


def test_parameters_and_code_are_of_the_recipe(workspace: Workspace) -> None:
    """Under another parameter everything is computed."""
    files = put(workspace)
    widen(read=files, write="out")
    calls(workspace.root / "calls")
    outcome = widen(read=files, write="out", times=0)
    assert calls(workspace.root / "calls") == 350
    assert outcome.outputs == () or written(outcome, workspace) == b""
    assert outcome.receipt.claim.parameters == {"times": 0}


def test_segments_and_shards_keep_their_bounds(workspace: Workspace) -> None:
    """None is longer than the bound and one record, or one segment's output, more."""
    lines = [b"%d\n" % number for number in range(5000)]
    segments = list(cut(lines))
    assert max(one.end - one.start for one in segments) <= 480 + 5
    assert [one.start for one in segments[1:]] == [one.end for one in segments[:-1]]
    assert segments[-1].end == sum(map(len, lines))
    assert sum(one.records for one in segments) == 5000
    outcome = widen(read=put(workspace), write="out")
    assert max(one.bytes for one in outcome.outputs) <= 3000 + 3 * 480


def test_a_function_that_raises_is_named_with_its_record(workspace: Workspace) -> None:
    """File and line stand in the error, and the outputs are as they were."""
    files = put(workspace)
    good = widen(read=files, write="out")

    @with_receipt_per_record(stage="widen", version=2)
    def fails(record: bytes) -> bytes:
        if record == b"21x of b":
            message = "no such thing"
            raise LookupError(message)
        return record

    with pytest.raises(SourceError, match=r"logs/b\.jsonl line 4: LookupError: no such thing"):
        fails(read=files, write="out")
    assert written(good, workspace) == widened()


def test_a_record_that_is_no_json_is_named(workspace: Workspace) -> None:
    """A function that asks for values never sees a broken line."""

    @with_receipt_per_record(stage="values", version=1)
    def values(record: dict[str, int]) -> dict[str, int]:
        return record

    files = put(workspace, {"a.jsonl": (b'{"a":1}', b"{broken")})
    with pytest.raises(SourceError, match=r"logs/a\.jsonl line 2: JSONDecodeError"):
        values(read=files, write="out")


@pytest.mark.parametrize(
    ("returned", "told"),
    [(b"two\nlines", "newline"), (3, "no record"), ({1, 2}, "no JSON"), ([object()], "no JSON")],
    ids=["newline", "number", "set", "object"],
)
def test_what_is_no_record_is_refused(returned: object, told: str, workspace: Workspace) -> None:
    """The error names the record that it was returned for."""

    @with_receipt_per_record(stage="odd", version=1)
    def odd(record: bytes) -> object:
        return {"x": returned} if told == "no JSON" else returned

    with pytest.raises(ContractError, match=rf"logs/a\.jsonl line 1: .*{told}"):
        odd(read=put(workspace), write="out")


def test_a_key_is_text(workspace: Workspace) -> None:
    """A key function that gives something else is refused with the record's place."""

    def size_of(record: bytes) -> int:
        return len(record)

    @with_receipt_per_group(stage="odd", version=1, key=size_of)
    def odd(key: str, records: list[bytes]) -> None:
        del key, records

    with pytest.raises(ContractError, match=r"logs/a\.jsonl line 1: the key is a int"):
        odd(read=put(workspace), write="out")


def test_a_function_must_take_a_record() -> None:
    """A signature that fits neither form is refused where the stage is made."""

    def none() -> None:
        return None

    def taken(record: bytes, read: int) -> None:
        del record, read

    for function in (none, taken):
        with pytest.raises(ContractError):
            with_receipt_per_record(stage="odd", version=1)(function)
    with pytest.raises(ContractError, match="can't name a stage"):
        with_receipt_per_record(stage="no name", version=1)(lambda record: record)


def test_what_only_a_run_needs_is_not_imported(repository: Path) -> None:
    """A module with stages in both forms costs little where all of them are skipped."""
    program = (
        "import sys; from distill.receipts import with_receipt_per_group as group, "
        "with_receipt_per_record as record\n"
        "record(stage='a', version=1)(lambda record: record)\n"
        "group(stage='b', version=1, key=str)(lambda key, records: records)\n"
        "heavy = {'execution', 'survey', 'store', 'incremental.shards', 'incremental.running'}\n"
        "print(sorted(name for name in heavy if f'distill.receipts.{name}' in sys.modules))"
    )
    told = subprocess.run(
        [sys.executable, "-c", program], cwd=repository, capture_output=True, text=True, check=True
    )
    assert told.stdout == "[]\n"


asked: list[bytes] = []


def asked_key(record: bytes) -> str | None:
    """Return the key of a record, and note that it was asked for."""
    asked.append(record)
    return first_byte(record)


@with_receipt_per_group(stage="asking", version=1, key=asked_key)
def tell(key: str, records: list[bytes]) -> dict[str, object]:
    """Tell what belongs together."""
    return {"key": key, "records": [record.decode() for record in records]}


@pytest.mark.parametrize("most_lost", [1 << 15, 10])
def test_keys_of_records_that_have_another_segment_are_known(
    most_lost: int, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Logs that grow in front, inside and behind: the key function is asked of what came.

    Of as many records as can be kept in memory; the others it is asked of again.
    """
    monkeypatch.setattr("distill.receipts.incremental.group_run._MOST_LOST", most_lost)
    monkeypatch.setenv(WORKERS, "1")
    monkeypatch.setitem(LOGS, "a.jsonl", (b"x without a key", *LOGS["a.jsonl"]))
    tell(read=put(workspace), write="out")
    a, b = LOGS["a.jsonl"], LOGS["b.jsonl"]
    monkeypatch.setitem(LOGS, "a.jsonl", (b"7 in front", *a, b"x behind"))
    monkeypatch.setitem(LOGS, "b.jsonl", (*b[:70], b"8 inside", *b[70:]))
    asked.clear()
    outcome = tell(read=put(workspace), write="out")
    assert written(outcome, workspace) == gathered()
    came = {b"7 in front", b"x behind", b"8 inside"}
    assert len(asked) == len(set(asked)) < 40
    assert set(asked) >= came
    assert (set(asked) == came) == (most_lost > 10)


def last_byte(record: bytes) -> str:
    """Return another key of a record."""
    return record[-1:].decode()


def test_another_key_function_is_another_stage(workspace: Workspace) -> None:
    """The same function under the same name groups by another key: that is no reason to skip."""

    def joined(key: str, records: list[bytes]) -> bytes:
        return key.encode() + b" %d" % len(records)

    files = put(workspace)
    by_first = with_receipt_per_group(stage="joined", version=1, key=first_byte)(joined)
    by_last = with_receipt_per_group(stage="joined", version=1, key=last_byte)(joined)
    by_itself = with_receipt_per_group(stage="joined", version=1, key=bytes.decode)(joined)
    before = written(by_first(read=files, write="out"), workspace)
    outcome = by_last(read=files, write="out")
    assert outcome.status == "ran"
    assert "key_function" in outcome.reason
    assert written(outcome, workspace) == b"a 200\nb 150\n" != before
    assert by_itself.beside() == {"key_function": ":bytes.decode"}
    with pytest.raises(ContractError, match="has no name"):
        with_receipt_per_group(stage="joined", version=1, key=partial(first_byte))(joined).plan(
            read=files, write="out"
        )
