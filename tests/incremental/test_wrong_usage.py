"""Wrong usage of the two forms is an error that names what is wrong, and leaves nothing behind."""

import asyncio
import inspect
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any

import pytest

from distill.errors import ConfigurationError, ContractError
from distill.receipts import (
    Ignored,
    InFile,
    InFiles,
    OutDir,
    Place,
    Workspace,
    with_receipt_per_group,
    with_receipt_per_record,
    workspace_scope,
)
from distill.receipts.incremental import workers
from distill.receipts.incremental.worker_count import WORKERS, number_of_workers
from tests.conftest import REPOSITORY

LINES = b'{"a":1}\n{"a":2}\n'


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    """A workspace with one log, in scope."""
    (tmp_path / "distill.toml").touch()
    (tmp_path / "a.jsonl").write_bytes(LINES)
    with workspace_scope(Workspace(tmp_path)) as here:
        yield here


def per_record(function: Callable[..., object]) -> Any:
    """Make a record stage and call it."""
    return with_receipt_per_record(stage="odd", version=1)(function)(read="a.jsonl", write="out")


RETURNED: dict[str, tuple[object, str]] = {
    "text": ("{}", "a str was returned"),
    "several texts": (["{}", "{}"], "a str was returned"),
    "bytes that change": (bytearray(b"{}"), "a bytearray was returned"),
    "a view": (memoryview(b"{}"), "a memoryview was returned"),
    "a truth": (True, "a bool was returned"),
    "a newline at the end": (b"{}\n", "holds a newline"),
    "not a number": ({"a": float("nan")}, "is no JSON"),
    "half of a pair": ({"a": "\ud800"}, "is no JSON"),
}


@pytest.mark.parametrize(("returned", "told"), RETURNED.values(), ids=RETURNED.keys())
def test_what_is_returned_is_a_record_beyond_doubt(
    returned: object, told: str, workspace: Workspace
) -> None:
    """A text could be a line or a value; NaN is no JSON; nothing is guessed."""
    with pytest.raises(ContractError, match=rf"a\.jsonl line 1: .*{told}"):
        per_record(lambda _: returned)
    assert not (workspace.root / "out").exists()


def test_none_is_no_record_wherever_it_stands(workspace: Workspace) -> None:
    """In an iterable too: a function may yield what a helper gave it."""
    per_record(lambda record: [None, record, [1], 2, None])
    assert (workspace.root / "out/part-00000.jsonl").read_bytes() == b"".join(
        line + b"\n[1]\n2\n" for line in LINES.splitlines()
    )


def _place_first(place: Place, record: object) -> object:
    return record


def _place_renamed(record: object, where: Place) -> object:
    return record


def _place_unnamed(record: object, place: Place, /) -> object:
    return record


def _by_name(*, record: object) -> object:
    return record


def _file(record: object, *, table: InFile) -> object:
    return record


def _file_quoted(record: object, *, table: "InFile | None" = None) -> object:
    return record


async def _later(record: object) -> object:
    return record


FUNCTIONS: dict[str, tuple[Callable[..., object], str]] = {
    "place first": (_place_first, "does not take a record first"),
    "a record by name": (_by_name, "does not take a record first"),
    "place under another name": (_place_renamed, "calls a Place where"),
    "place by position": (_place_unnamed, "takes place by position"),
    "a file": (_file, "declares table as a file"),
    "a file, in quotes": (_file_quoted, "declares table as a file"),
    "a coroutine": (_later, "is a coroutine"),
}


@pytest.mark.parametrize(("function", "told"), FUNCTIONS.values(), ids=FUNCTIONS.keys())
def test_a_function_that_fits_no_form(
    function: Callable[..., object], told: str, workspace: Workspace
) -> None:
    """What its signature asks for and can't be given is told before anything runs."""
    with pytest.raises(ContractError, match=told):
        per_record(function)
    assert not (workspace.root / "receipts").exists()


@pytest.mark.parametrize("annotation", [bytes, "bytes", "bytes | None", Annotated[bytes, "raw"]])
def test_bytes_are_given_however_they_are_asked_for(
    annotation: object, workspace: Workspace
) -> None:
    """A quoted or wrapped annotation is an annotation."""
    seen: list[object] = []

    def function(record: object) -> None:
        seen.append(record)

    function.__annotations__["record"] = annotation
    per_record(function)
    assert seen == LINES.splitlines()


def test_an_ignored_parameter_is_no_part_of_the_claim(workspace: Workspace) -> None:
    """The mark means what it means in a plain stage."""

    @with_receipt_per_record(stage="marked", version=1)
    def marked(record: bytes, *, log: Annotated[list[bytes], Ignored], times: int = 1) -> bytes:
        log.append(record)
        return record * times

    seen: list[bytes] = []
    outcome = marked(read="a.jsonl", write="out", log=seen)
    assert outcome.receipt.claim.parameters == {"times": 1}
    assert marked(read="a.jsonl", write="out", log=[]).skipped
    assert len(seen) == 2


def test_a_group_function_has_a_key_and_no_place(workspace: Workspace) -> None:
    """A key that is no function, or may be one later, and a place that is many."""
    with pytest.raises(ContractError, match="the key of stage odd is a str"):
        with_receipt_per_group(stage="odd", version=1, key="task")  # type: ignore[arg-type]

    async def later(record: object) -> str:
        await asyncio.sleep(0)
        return str(record)

    with pytest.raises(ContractError, match="coroutine"):
        with_receipt_per_group(stage="odd", version=1, key=later)

    def placed(key: str, records: Sequence[object], place: Place) -> None: ...

    with pytest.raises(ContractError, match="a group lies at many"):
        with_receipt_per_group(stage="odd", version=1, key=str)(placed)


def test_the_signature_is_how_the_stage_is_called() -> None:
    """What wraps a stage, as a task of Prefect does, binds its arguments to it."""

    @with_receipt_per_record(stage="copy", version=1)
    def copy(record: bytes, place: Place, times: int = 1) -> bytes:
        return record

    signature = inspect.signature(copy)
    assert list(signature.parameters) == ["read", "write", "times"]
    assert signature.parameters["read"].annotation == InFiles
    assert signature.parameters["write"].annotation == OutDir


def test_files_are_named(workspace: Workspace) -> None:
    """Without something to read and to write there is no call; the error shows the form."""

    @with_receipt_per_record(stage="copy", version=1)
    def copy(record: bytes, *, times: int = 1) -> bytes:
        return record

    for absent in ({"read": None, "write": "out"}, {"read": "a.jsonl", "write": None}):
        with pytest.raises(ContractError, match="is given no "):
            copy(**absent)
    with pytest.raises(TypeError, match=r"copy\(\*, read, write, times=1\)"):
        copy({"a": 1})
    with pytest.raises(ContractError, match=r"can't lie below a\.jsonl"):
        copy(read="a.jsonl", write="a.jsonl/out")
    assert copy(read="a.jsonl", write="out").status == "ran"


SCRIPT = """
import threading
from distill.receipts import with_receipt_per_record
from distill.receipts.incremental import workers

workers.WORTH_WORKERS = 0

@with_receipt_per_record(stage="copy", version=1)
def copy(record: bytes) -> bytes:
    return record

threading.Thread(target=threading.Event().wait, daemon=True).start()
copy(read=["a.jsonl", "b.jsonl"], write="out")
"""


def test_a_script_without_its_guard_ends(workspace: Workspace) -> None:
    """Where workers are started anew, a call at import is refused and does not wait for itself."""
    (workspace.root / "b.jsonl").write_bytes(b"another\n")
    script = workspace.root / "script.py"
    script.write_text(SCRIPT)
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY), WORKERS: "2"}
    arguments: dict[str, Any] = {
        "cwd": workspace.root,
        "env": environment,
        "capture_output": True,
        "text": True,
        "timeout": 60,
    }
    found = subprocess.run([sys.executable, "script.py"], check=False, **arguments)
    assert found.returncode != 0
    assert "is called while a worker process starts" in found.stderr
    assert "a worker process ended before its work was done" in found.stderr
    assert not (workspace.root / "out").exists()
    guarded = SCRIPT.replace("copy(read", 'if __name__ == "__main__":\n    copy(read')
    script.write_text(guarded)
    subprocess.run([sys.executable, "script.py"], check=True, **arguments)
    assert (workspace.root / "out/part-00000.jsonl").read_bytes() == LINES + b"another\n"


def test_a_stage_inside_of_a_function_is_computed_here(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It can't be sent to a worker that is started anew; the bytes are the same."""
    monkeypatch.setattr(workers, "WORTH_WORKERS", 0)
    monkeypatch.setenv(WORKERS, "2")
    (workspace.root / "b.jsonl").write_bytes(b"another\n")

    @with_receipt_per_record(stage="local", version=1)
    def local(record: bytes) -> bytes:
        return record

    done = threading.Event()
    beside = threading.Thread(target=done.wait)
    beside.start()
    try:
        local(read=["a.jsonl", "b.jsonl"], write="out")
    finally:
        done.set()
        beside.join()
    assert (workspace.root / "out/part-00000.jsonl").read_bytes() == LINES + b"another\n"


@pytest.mark.parametrize("text", ["0", "-1", "two", "1.5", "²"])
def test_no_number_of_workers(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What `str.isdigit` calls a digit need not be a number."""
    monkeypatch.setenv(WORKERS, text)
    with pytest.raises(ConfigurationError, match=WORKERS):
        number_of_workers()
