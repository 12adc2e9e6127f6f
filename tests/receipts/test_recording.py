"""with_receipt: what a call returns, refuses, records and leaves behind."""

import json
import pickle
import random
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import pytest

from distill.errors import ConfigurationError, ContractError, SourceError
from distill.receipts import (
    Check,
    Ignored,
    InFile,
    InFiles,
    Law,
    OutDir,
    OutFile,
    Report,
    Workspace,
    trigger_scope,
    verify_workspace,
    with_receipt,
    withReceipt,
)
from distill.receipts.recording import Stage
from distill.receipts.store import ReceiptStore

Put = Callable[[str, str], Path]


NOTES: dict[str, Any] = {"share": 0.5}


@with_receipt(stage="upper", version=1)
def upper(
    source: InFile,
    *,
    suffix: str = "",
    progress: Annotated[Callable[[str], None] | None, Ignored] = None,
    target: OutFile,
) -> Report:
    """Shout."""
    if progress is not None:
        progress("running")
    text = source.read_text()
    target.write_text(text.upper() + suffix)
    lines = text.count("\n")
    return Report(counts={"total": {"read": lines}}, notes=NOTES)


def test_the_two_spellings_are_one() -> None:
    """The design's card spells it withReceipt."""
    assert withReceipt is with_receipt


def test_the_decorated_function_tells_of_itself() -> None:
    """Name, docstring, stage, version and the function itself are there; it pickles by name."""
    assert isinstance(upper, Stage)
    assert (upper.stage, upper.version, upper.__doc__) == ("upper", 1, "Shout.")
    assert upper.__wrapped__.__name__ == "upper"
    assert pickle.loads(pickle.dumps(upper)) is upper  # noqa: S301


def test_an_outcome(workspace: Workspace, put: Put) -> None:
    """It names status, reason, receipt, digest and outputs, and stands in the store."""
    source = put("logs/a.jsonl", '{"a": 1}\n')
    outcome = upper(source, target=Path("out/a.jsonl"))
    assert (outcome.status, outcome.reason, outcome.skipped) == ("ran", "never built", False)
    (output,) = outcome.outputs
    assert (output.role, output.path, output.records) == ("target", "out/a.jsonl", 1)
    claim = outcome.receipt.claim
    assert claim.parameters == {"suffix": ""}
    assert claim.counts == {"total": {"read": 1}}
    assert claim.notes == {"share": {"float": "0.5"}}
    assert ReceiptStore(workspace).get(outcome.digest) == outcome.receipt
    assert (workspace.root / "out/a.jsonl").read_text() == '{"A": 1}\n'


REASONS: dict[str, tuple[dict[str, Any], str, str]] = {
    "parameter": (
        {"suffix": "!"},
        'parameter suffix changed ("" → "!")',
        "parameter:suffix",
    ),
    "input": ({"source": "logs/b.txt"}, "input logs/a.txt is gone", "input:logs/a.txt"),
}


@pytest.mark.parametrize(("change", "reason", "part"), REASONS.values(), ids=REASONS.keys())
def test_a_reason_names_what_changed(
    workspace: Workspace, put: Put, change: dict[str, Any], reason: str, part: str
) -> None:
    """A changed argument is named, with its old and new value."""
    put("logs/a.txt", "a\n")
    put("logs/b.txt", "b\n")
    arguments: dict[str, Any] = {"source": "logs/a.txt", "target": "out.txt"}
    upper(**arguments)
    plan = upper.plan(**{**arguments, **change})
    assert plan.status == "stale"
    assert plan.reason.startswith(reason)
    assert part in plan.changed


def test_the_version_and_the_environment_count(
    workspace: Workspace, put: Put, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another version of the stage or of Python reruns it."""
    put("a.txt", "a\n")
    upper(Path("a.txt"), target=Path("out.txt"))
    again = with_receipt(stage="upper", version=2)(upper.__wrapped__)
    assert again.plan(Path("a.txt"), target=Path("out.txt")).reason == "stage version 1 → 2"
    fake = type("V", (), {"major": 3, "minor": 99})
    monkeypatch.setattr(sys, "version_info", fake)
    plan = upper.plan(Path("a.txt"), target=Path("out.txt"))
    assert plan.changed == ("environment:python",)


def test_what_is_ignored_does_not_count(workspace: Workspace, put: Put) -> None:
    """A progress callback is handed on, and is no part of the claim."""
    put("a.txt", "a\n")
    said: list[str] = []
    upper(Path("a.txt"), target=Path("out.txt"), progress=said.append)
    assert said == ["running"]
    assert upper(Path("a.txt"), target=Path("out.txt"), progress=print).skipped


def test_a_plan_writes_nothing(workspace: Workspace, put: Put) -> None:
    """Looking at what would be done leaves no trace, before the first run and after."""
    put("a.txt", "a\n")
    before = sorted(workspace.root.rglob("*"))
    assert upper.plan(Path("a.txt"), target=Path("out.txt")).status == "never built"
    assert sorted(workspace.root.rglob("*")) == before
    assert upper.plan(Path("gone.txt"), target=Path("out.txt")).status == "stale"


def test_no_inputs_and_many(workspace: Workspace, put: Put) -> None:
    """A stage may read nothing, or an optional file, or the files that its parent made."""

    @with_receipt(stage="make", version=1)
    def make(rows: OutDir) -> None:
        (rows / "a.jsonl").write_text("1\n")
        (rows / "deep").mkdir()
        (rows / "deep" / "b.jsonl").write_text("2\n")

    @with_receipt(stage="join", version=1)
    def join(parts: InFiles, extra: InFile | None, *, whole: OutFile) -> None:
        assert extra is None
        whole.write_text("".join(part.read_text() for part in parts))

    made = make(Path("data/parts"))
    joined = join(ReceiptStore(workspace).outputs_of("make"), None, whole=Path("whole.txt"))
    assert (workspace.root / "whole.txt").read_text() == "1\n2\n"
    (parent,) = joined.receipt.claim.parents
    assert (parent.stage, parent.claim) == ("make", made.receipt.claim_digest)
    assert joined.receipt.run.parents == (made.digest,)
    assert verify_workspace(workspace).faults == ()


def test_the_trigger_is_recorded(workspace: Workspace, put: Put) -> None:
    """The run says who started it."""
    put("a.txt", "a\n")
    with trigger_scope("prefect", "flow-1"):
        outcome = upper(Path("a.txt"), target=Path("out.txt"))
    trigger = outcome.receipt.run.trigger
    assert (trigger.kind, trigger.id) == ("prefect", "flow-1")


def test_a_receipt_names_no_place_of_this_machine(workspace: Workspace, put: Put) -> None:
    """Neither a passing nor a failed receipt holds an absolute path."""
    put("a.txt", "a\n")
    upper(Path("a.txt"), target=Path("out.txt"))

    @with_receipt(stage="lost", version=1)
    def lost(source: InFile, target: OutFile) -> None:
        target.write_text((source.parent / "nowhere").read_text())

    with pytest.raises(FileNotFoundError):
        lost(Path("a.txt"), Path("out2.txt"))
    for receipt in ReceiptStore(workspace).all():
        assert str(workspace.root).encode() not in receipt.content


def broken_law() -> Report:
    """Return a report whose law does not hold."""
    law = Law("conservation", "records", {"read": 3}, {"out": 1, "quarantined": 1}, "tau")
    return Report(laws=[law])


RETURNED: dict[str, tuple[Any, str]] = {
    "a broken law": (broken_law(), "law 'conservation' of source 'tau'"),
    "a failed check": (
        Report(checks=[Check("schema", passed=False, detail="row 3")]),
        "check 'schema' failed: row 3",
    ),
    "another type": ({"a": 1}, "returned a dict"),
    "a negative count": (Report(counts={"a": -1}), r"counts\.a"),
    "a float count": (Report(counts={"a": {"b": 1.0}}), r"counts\.a\.b"),  # type: ignore[dict-item]
    "a true count": (Report(counts={"a": True}), r"counts\.a"),
    "a secret note": (Report(notes={"api_key": "x"}), "looks like a credential"),
}

WRITTEN: dict[str, tuple[Callable[[Path], object], str]] = {
    "nothing": (lambda _: None, "did not write its output target"),
    "a link": (lambda target: target.symlink_to("/etc/passwd"), "no regular file"),
    "a folder": (Path.mkdir, "no regular file"),
}


@pytest.mark.parametrize(("returned", "message"), RETURNED.values(), ids=RETURNED.keys())
def test_a_return_that_breaks_the_contract(
    workspace: Workspace, returned: Any, message: str
) -> None:
    """It raises by name, publishes nothing, and keeps a failed receipt that the next run names."""

    @with_receipt(stage="breach", version=1)
    def stage(target: OutFile) -> Any:
        target.touch()
        return returned

    demand_breach(workspace, stage, message)


@pytest.mark.parametrize(("write", "message"), WRITTEN.values(), ids=WRITTEN.keys())
def test_an_output_that_breaks_the_contract(
    workspace: Workspace, write: Callable[[Path], object], message: str
) -> None:
    """An output that is not there, or no plain file, is such a breach."""

    @with_receipt(stage="breach", version=1)
    def stage(target: OutFile) -> None:
        write(target)

    demand_breach(workspace, stage, message)


def demand_breach(workspace: Workspace, stage: Stage[Any], message: str) -> None:
    """Demand that a stage breaks its contract and leaves no more than a failed receipt."""
    with pytest.raises(ContractError, match=message):
        stage(Path("out.txt"))
    assert not (workspace.root / "out.txt").exists()
    receipt = ReceiptStore(workspace).newest("breach")
    assert receipt is not None
    assert not receipt.passed
    assert any(not check.passed for check in receipt.claim.validation.checks)
    assert ReceiptStore(workspace).newest_passed("breach") is None
    plan = stage.plan(Path("out.txt"))
    assert plan.status == "failing"
    assert plan.reason.startswith("failed last time")
    assert list(workspace.root.rglob("*.partial")) == []


def test_a_failure_after_a_success(workspace: Workspace, put: Put) -> None:
    """A failed run says so next time; once the cause is gone the old outputs are still good."""
    put("a.txt", "a\n")

    @with_receipt(stage="picky", version=1)
    def picky(source: InFile, target: OutFile) -> None:
        if "bad" in source.read_text():
            message = "bad input"
            raise ValueError(message)
        target.write_text("good")

    picky(Path("a.txt"), Path("out.txt"))
    put("a.txt", "bad\n")
    with pytest.raises(ValueError, match="bad input"):
        picky(Path("a.txt"), Path("out.txt"))
    assert (workspace.root / "out.txt").read_text() == "good"
    plan = picky.plan(Path("a.txt"), Path("out.txt"))
    assert (plan.status, plan.reason) == ("failing", "failed last time: bad input")
    put("a.txt", "a\n")
    assert picky(Path("a.txt"), Path("out.txt")).skipped
    put("a.txt", "b\n")
    plan = picky.plan(Path("a.txt"), Path("out.txt"))
    assert plan.status == "failing"
    assert plan.reason.startswith("input a.txt changed (blake3 ")
    assert plan.reason.endswith("); the last run failed: bad input")


def test_an_input_that_is_other_bytes_for_a_moment(workspace: Workspace, put: Put) -> None:
    """It holds again what was read when the run ends; the stage may have read something else."""

    @with_receipt(stage="copy", version=1)
    def copy(source: InFile, target: OutFile) -> None:
        right = source.read_bytes()
        source.write_bytes(b"other\n")
        target.write_bytes(source.read_bytes())
        source.write_bytes(right)

    put("a.txt", "right\n")
    with pytest.raises(SourceError, match=r"the input a\.txt changed while the stage ran"):
        copy(Path("a.txt"), Path("out.txt"))
    assert not (workspace.root / "out.txt").exists()


def test_an_input_that_gets_another_mode_or_name(workspace: Workspace, put: Put) -> None:
    """Nobody wrote to it."""

    @with_receipt(stage="copy", version=1)
    def copy(source: InFile, target: OutFile) -> None:
        source.chmod(0o600)
        source.with_name("b.txt").hardlink_to(source)
        target.write_bytes(source.read_bytes())

    put("a.txt", "right\n")
    assert copy(Path("a.txt"), Path("out.txt")).status == "ran"
    assert (workspace.root / "out.txt").read_text() == "right\n"


def test_one_key_and_two_outputs_is_an_alarm(workspace: Workspace) -> None:
    """A stage that draws lots is found out when its output has to be made again."""

    @with_receipt(stage="lots", version=1)
    def lots(target: OutFile) -> None:
        target.write_text(str(random.SystemRandom().random()))

    first = lots(Path("out.txt"))
    (workspace.root / "out.txt").unlink()
    with pytest.raises(ContractError, match="non-deterministic: one key, two outputs"):
        lots(Path("out.txt"))
    kept = {receipt.digest: receipt for receipt in ReceiptStore(workspace).all()}
    assert len(kept) == 2
    assert first.digest in kept
    failed = ReceiptStore(workspace).newest("lots")
    assert failed is not None
    assert ("deterministic", False) in [
        (check.name, check.passed) for check in failed.claim.validation.checks
    ]


def test_the_function_counts(workspace: Workspace) -> None:
    """Two functions of one module under one stage's name are not taken for each other."""

    @with_receipt(stage="greet", version=1)
    def hello(target: OutFile) -> None:
        target.write_text("hello")

    @with_receipt(stage="greet", version=1)
    def goodbye(target: OutFile) -> None:
        target.write_text("goodbye")

    place = "test_the_function_counts.<locals>"
    function = hello(Path("out.txt")).receipt.claim.code.function
    assert function.partition(":")[2] == f"{place}.hello"
    outcome = goodbye(Path("out.txt"))
    assert (outcome.status, (workspace.root / "out.txt").read_text()) == ("ran", "goodbye")
    assert f"{place}.goodbye" in outcome.reason


REFUSED_CALLS: dict[str, tuple[dict[str, Any], type[Exception], str]] = {
    "missing input": ({"source": "gone.txt"}, SourceError, "gone.txt"),
    "folder as input": ({"source": "."}, ConfigurationError, "can't be recorded"),
    "URL": ({"source": "s3://bucket/x"}, ConfigurationError, "URL"),
    "outside": ({"target": "../out.txt"}, ConfigurationError, "outside"),
    "number as path": ({"source": 3}, ContractError, "source is a int"),
    "output is the input": ({"target": "a.txt"}, ConfigurationError, "where the output"),
    "the engine's own": ({"target": "receipts/x"}, ConfigurationError, "engine's own"),
    "a folder in the way": ({"target": "folder"}, ContractError, "is a folder"),
    "below a file": ({"target": "a.txt/out.txt"}, ContractError, "can't lie below a.txt"),
    "a link in the way": ({"target": "link"}, ContractError, "is a link"),
    "a path as parameter": ({"suffix": Path("x")}, ContractError, "suffix is a path"),
    "not of the signature": ({"colour": 1}, TypeError, r"colour.*call it as upper\(source, \*"),
}


@pytest.mark.parametrize(
    ("change", "error", "message"), REFUSED_CALLS.values(), ids=REFUSED_CALLS.keys()
)
def test_calls_that_are_refused(
    workspace: Workspace, put: Put, change: dict[str, Any], error: type[Exception], message: str
) -> None:
    """A wrong argument is an error that names it, and nothing is run or written."""
    put("a.txt", "a\n")
    (workspace.root / "folder").mkdir()
    (workspace.root / "link").symlink_to("a.txt")
    arguments: dict[str, Any] = {"source": "a.txt", "target": "out.txt", **change}
    with pytest.raises(error, match=message):
        upper(**arguments)
    assert not (workspace.root / "out.txt").exists()
    assert not (workspace.root / "receipts").exists()


def test_stages_that_are_refused(workspace: Workspace) -> None:
    """A bad name, a coroutine, a generator or a stage without outputs is refused."""
    with pytest.raises(ContractError, match="can't name a stage"):
        with_receipt(stage="../x", version=1)
    for version in (-1, True, "1"):
        with pytest.raises(ContractError, match=f"the version of stage x is {version!r}"):
            with_receipt(stage="x", version=version)  # type: ignore[arg-type]

    async def later(target: OutFile) -> None: ...

    with pytest.raises(ContractError, match="coroutine"):
        with_receipt(stage="x", version=1)(later)  # type: ignore[arg-type]

    @with_receipt(stage="x", version=1)
    def nothing(source: InFile) -> None: ...

    with pytest.raises(ContractError, match="declares no output"):
        nothing(Path("x"))


def test_a_stage_inside_a_stage(workspace: Workspace) -> None:
    """A stage may call another one; one that calls itself is told so and does not hang."""

    @with_receipt(stage="inner", version=1)
    def inner(target: OutFile) -> None:
        target.touch()

    @with_receipt(stage="outer", version=1)
    def outer(target: OutFile, again: str) -> None:
        inner(Path("inner.txt"))
        target.touch()
        if again:
            outer(Path("outer.txt"), "")

    assert outer(Path("outer.txt"), "").status == "ran"
    assert (workspace.root / "inner.txt").exists()
    with pytest.raises(ContractError, match="inside itself"):
        outer(Path("outer.txt"), "again")


def test_an_interrupted_stage_cleans_up(workspace: Workspace) -> None:
    """Control-C leaves no temporary file, and a failed receipt."""

    @with_receipt(stage="slow", version=1)
    def slow(target: OutFile) -> None:
        target.touch()
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        slow(Path("out.txt"))
    assert list(workspace.root.rglob("*.partial")) == []
    receipt = ReceiptStore(workspace).newest("slow")
    assert receipt is not None
    assert receipt.run.error is not None
    assert receipt.run.error.type == "KeyboardInterrupt"


def test_a_look_imports_neither_git_nor_pydantic(workspace: Workspace, put: Put) -> None:
    """Skipping, verifying and importing pay for nothing that only a run needs."""
    script = put(
        "script.py",
        "import json, sys\n"
        "from pathlib import Path\n"
        "import distill.receipts\n"
        "lean = not {'blake3', 'git', 'pydantic'} & set(sys.modules)\n"
        "from distill.receipts import OutFile, Workspace, verify_workspace, with_receipt\n"
        "@with_receipt(stage='s', version=1)\n"
        "def s(target: OutFile) -> None:\n    target.touch()\n"
        "status = s(Path('out')).status\n"
        "faults = len(verify_workspace(Workspace.find()).faults)\n"
        "heavy = sorted({'git', 'pydantic'} & set(sys.modules))\n"
        "print(json.dumps([lean, status, faults, heavy]))\n",
    )
    told = [
        json.loads(
            subprocess.run(
                [sys.executable, str(script)],
                cwd=workspace.root,
                capture_output=True,
                check=True,
            ).stdout
        )
        for _ in range(2)
    ]
    assert told == [[True, "ran", 0, []], [True, "skipped", 0, []]]
