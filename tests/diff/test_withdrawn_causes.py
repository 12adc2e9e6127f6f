"""What a withdrawal takes away is put down to it, and to nothing else."""

from collections.abc import Callable
from pathlib import Path

from distill.records.withdrawal import Withdrawal, WithdrawalKind
from tests.diff.states import Two, Workspaces, run_state
from tests.diff.test_causes import NAMED, ROWS
from tests.workspaces import MAPPED, VERDICT, lines, read_jsonl, row

OTHERS = (
    (MAPPED + 'run_id = "/id"\n' + VERDICT)
    .replace("sources.agents", "sources.others")
    .replace("logs/*", "more/*")
)
FILES = {
    "logs/a.jsonl": lines(ROWS),
    "logs/b.jsonl": lines([ROWS[2], row("t5", "alone", id="e")]),
    "more/c.jsonl": lines([row("t9", "elsewhere", id="x")]),
}


def _withdraw(kind: str, name: str) -> Callable[[Path], object]:
    one = Withdrawal(WithdrawalKind(kind), name, "asked", "2026-11-24T10:00:00.000Z")
    return lambda root: (root / "withdrawals.jsonl").write_bytes(one.to_line())


def _two(workspaces: Workspaces, root: Path, change: Callable[[Path], object]) -> Two:
    return workspaces.two(root, NAMED + OTHERS, FILES, change)


def test_a_withdrawn_run(workspaces: Workspaces, tmp_path: Path) -> None:
    """Its rows, its pair and its refusals; the other side of the pair did not change."""
    two = _two(workspaces, tmp_path, _withdraw("run", "agents/a"))
    gone = {"agents/a": ("removed", "withdrawal")}
    assert two.told("evidence") == gone
    assert two.told("evidence", "quarantine") == {"agents/a": ("added", "withdrawal")}
    for name in ("scored", "rag", "sft"):
        assert two.told(name) == gone
    assert two.told("preference") == {"agents/a over agents/b": ("removed", "withdrawal")}


def test_a_withdrawn_file(workspaces: Workspaces, tmp_path: Path) -> None:
    """A run of it alone goes; one that another file holds too has one origin less."""
    two = _two(workspaces, tmp_path, _withdraw("file", "logs/b.jsonl"))
    assert two.told("evidence") == {
        "agents/c": ("changed", "withdrawal"),
        "agents/e": ("removed", "withdrawal"),
    }
    assert two.told("sft") == {"agents/e": ("removed", "withdrawal")}
    (rag,) = (t for t in two.rows("rag") if t.change.change == "changed")
    assert (rag.change.what, rag.cause.value) == (("origin",), "withdrawal")


def test_a_withdrawn_source(workspaces: Workspaces, tmp_path: Path) -> None:
    """All its runs, and nothing of the other source."""
    two = _two(workspaces, tmp_path, _withdraw("source", "others"))
    for name in ("evidence", "scored", "rag", "sft"):
        assert two.told(name) == {"others/x": ("removed", "withdrawal")}


def test_a_withdrawn_file_of_verdicts(workspaces: Workspaces, tmp_path: Path) -> None:
    """The run stays and loses its verdict: not because somebody judged it otherwise."""

    def review(root: Path) -> None:
        records = read_jsonl(root / "data/evidence/agents")
        content = next(r["content_digest"] for r in records if r["run_id"] == "agents/d")
        decision = {"run": "agents/d", "decision": "accepted", "reviewer": "kim", "note": ""}
        decision |= {"time": "2026-11-02T09:00:00Z", "content_digest": content}
        (root / "reviews").mkdir()
        (root / "reviews/kim.jsonl").write_bytes(lines([decision]))

    judged = _two(workspaces, tmp_path, review)
    _withdraw("file", "reviews/kim.jsonl")(tmp_path)
    two = Two(tmp_path, judged.after, run_state(tmp_path))
    assert two.told("evidence") == {"agents/d": ("changed", "withdrawal")}
    assert two.told("sft") == {"agents/d": ("removed", "withdrawal")}


def test_a_withdrawal_that_was_taken_back(workspaces: Workspaces, tmp_path: Path) -> None:
    """Whoever removes the line brings the run back; the log did not change."""
    two = _two(workspaces, tmp_path, _withdraw("run", "agents/a"))
    (tmp_path / "withdrawals.jsonl").unlink()
    back = Two(tmp_path, two.after, run_state(tmp_path))
    assert back.told("evidence") == {"agents/a": ("added", "withdrawal")}
    assert back.told("sft") == {"agents/a": ("added", "withdrawal")}
