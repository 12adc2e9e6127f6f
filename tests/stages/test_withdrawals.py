"""Withdrawn runs, files and sources: their texts leave every output, and every unit is counted."""

import json
from pathlib import Path
from typing import Any

import pytest

from distill.cli import main
from distill.errors import ConfigurationError
from distill.receipts import Outcome
from distill.records.withdrawal import Withdrawal, WithdrawalKind, read_withdrawals
from distill.stages.pipeline import build_evidence_index, score_runs
from distill.workspace.project import Project, open_workspace
from tests.workspaces import (
    MAPPED,
    VERDICT,
    counts,
    lines,
    make_workspace,
    read_jsonl,
    row,
    run_all,
)

NAMED = MAPPED + 'run_id = "/id"\n' + VERDICT
LEAK = "the secret answer"
ROWS = [row("t1", LEAK, id="a"), row("t1", "wrong", False, id="b"), row("t2", "other", id="c")]
TEXTS = ("data/evidence", "data/scored", "exports", "quarantine")


def withdraw(root: Path, *names: tuple[str, str]) -> Project:
    """Write withdrawals of kind and name, and open the workspace."""
    time, reason = "2026-11-24T10:00:00.000Z", "asked for"
    rows = (Withdrawal(WithdrawalKind(kind), name, reason, time) for kind, name in names)
    (root / "withdrawals.jsonl").write_bytes(b"".join(one.to_line() for one in rows))
    return open_workspace(root)


def holding(root: Path, text: str) -> list[str]:
    """Return the outputs that hold a text."""
    files = (path for name in TEXTS for path in (root / name).rglob("*") if path.is_file())
    return [str(path) for path in files if text.encode() in path.read_bytes()]


def _runs(root: Path, source: str = "agents") -> list[str]:
    return [record["run_id"] for record in read_jsonl(root / "data/evidence" / source)]


def _refused(root: Path) -> list[tuple[str, str, list[str], list[str]]]:
    rows = read_jsonl(root / "quarantine/build_evidence_index.jsonl")
    return [
        (r["unit"], r["reason"], r["ids"], [place["path"] for place in r["origin"]]) for r in rows
    ]


def _build(
    root: Path, files: dict[str, bytes], *names: tuple[str, str], toml: str = NAMED
) -> Outcome:
    make_workspace(root, toml, files)
    return build_evidence_index(withdraw(root, *names))


def test_the_text_of_a_withdrawn_run_leaves_every_output(tmp_path: Path) -> None:
    """Before it stands in evidence and exports, after in none; the others stay."""
    project = make_workspace(tmp_path, NAMED, {"logs/a.jsonl": lines(ROWS)})
    run_all(project)
    assert len(holding(tmp_path, LEAK)) == 4
    outcomes = run_all(withdraw(tmp_path, ("run", "agents/a")))
    assert holding(tmp_path, LEAK) == []
    assert _runs(tmp_path) == ["agents/b", "agents/c"]
    evidence = outcomes["build_evidence_index"]
    assert counts(evidence)["runs_quarantined"] == 1
    assert counts(evidence, "by_reason") == {"withdrawn": 1}
    assert _refused(tmp_path) == [("run", "withdrawn", ["agents/a"], ["logs/a.jsonl"])]


def test_a_pair_with_one_withdrawn_side_is_gone_and_the_other_side_stays(tmp_path: Path) -> None:
    """The other run is in no pair any more, and in the other sets as before."""
    project = make_workspace(tmp_path, NAMED, {"logs/a.jsonl": lines(ROWS)})
    assert counts(run_all(project)["export_preference"])["exported"] == 1
    preference = run_all(withdraw(tmp_path, ("run", "agents/a")))["export_preference"]
    assert read_jsonl(tmp_path / "exports/preference") == []
    assert counts(preference)["unpaired"] == 2
    assert "agents/b" in (tmp_path / "quarantine/export_sft.jsonl").read_text()


def test_a_withdrawn_run_is_refused_wherever_it_was_logged(tmp_path: Path) -> None:
    """A run merged from two files is two refusals, each with its own place."""
    files = {"logs/a.jsonl": lines(ROWS), "logs/b.jsonl": lines(ROWS[:1])}
    outcome = _build(tmp_path, files, ("run", "agents/a"))
    assert sorted(_refused(tmp_path)) == [
        ("run", "withdrawn", ["agents/a"], ["logs/a.jsonl"]),
        ("run", "withdrawn", ["agents/a"], ["logs/b.jsonl"]),
    ]
    assert "runs_merged" not in counts(outcome)


def test_a_withdrawal_comes_before_a_conflict_of_ids(tmp_path: Path) -> None:
    """Two contents under a withdrawn id are both withdrawn, not both duplicates."""
    files = {"logs/a.jsonl": lines([*ROWS, row("t1", "another", id="a")])}
    _build(tmp_path, files, ("run", "agents/a"))
    assert [reason for _, reason, *_ in _refused(tmp_path)] == ["withdrawn", "withdrawn"]


def test_the_twin_of_a_withdrawn_run_keeps_its_id(tmp_path: Path) -> None:
    """Identical records without ids are numbered as before; only the one that was named goes."""
    files = {"logs/a.jsonl": lines([row("t", "same")] * 3)}
    toml = MAPPED + VERDICT
    build_evidence_index(make_workspace(tmp_path, toml, files))
    first, second, third = _runs(tmp_path)
    build_evidence_index(withdraw(tmp_path, ("run", second)))
    assert _runs(tmp_path) == [first, third]


def test_one_of_the_runs_of_a_wide_row_is_withdrawn_alone(tmp_path: Path) -> None:
    """The record still bears the others."""
    toml = """
[sources.wide]
kind = "mapped"
paths = ["logs/*.jsonl"]
role = "train"
licence = "MIT"
runs_at = ["/small", "/large"]
prompt = "/question"
response = "./solution"
model = "@key"
"""
    wide = {"question": "Why?", "small": {"solution": "x"}, "large": {"solution": LEAK}}
    files = {"logs/a.jsonl": lines([wide])}
    build_evidence_index(make_workspace(tmp_path, toml, files))
    small, large = _runs(tmp_path, "wide")
    outcome = build_evidence_index(withdraw(tmp_path, ("run", large)))
    assert _runs(tmp_path, "wide") == [small]
    assert holding(tmp_path, LEAK) == []
    assert counts(outcome)["records_bearing"] == 1


def test_a_verdict_on_withdrawn_runs_alone_is_quarantined(tmp_path: Path) -> None:
    """It may quote the run, so it does not end among the unattached verdicts."""
    project = make_workspace(tmp_path, NAMED, {"logs/a.jsonl": lines(ROWS)})
    build_evidence_index(project)
    content = read_jsonl(tmp_path / "data/evidence/agents")[0]["content_digest"]
    review = {"run": "agents/a", "content_digest": content, "decision": "rejected"}
    review |= {"time": "2026-11-02T09:00:00Z", "note": f"I read {LEAK}", "reviewer": "kim"}
    (tmp_path / "reviews").mkdir()
    (tmp_path / "reviews/kim.jsonl").write_bytes(lines([review]))
    outcome = build_evidence_index(withdraw(tmp_path, ("run", "agents/a")))
    assert counts(outcome)["verdicts_quarantined"] == 1
    assert read_jsonl(tmp_path / "data/evidence/unattached.jsonl") == []
    assert ("verdict", "withdrawn", ["agents/a"], ["reviews/kim.jsonl"]) in _refused(tmp_path)
    assert holding(tmp_path, LEAK) == []


def test_a_withdrawn_file_is_named_and_not_read(tmp_path: Path) -> None:
    """Its bytes may be anything; the receipt names it and no input is it."""
    files = {"logs/a.jsonl": lines(ROWS), "logs/b.jsonl": b"\xff\xfe no log at all"}
    outcome = _build(tmp_path, files, ("file", "logs/b.jsonl"))
    claim = outcome.receipt.claim
    assert [entry.path for entry in claim.inputs] == ["logs/a.jsonl", "withdrawals.jsonl"]
    assert claim.notes["withdrawn"] == {"files": ["logs/b.jsonl"], "sources": []}
    assert counts(outcome)["files_withdrawn"] == 1
    assert _runs(tmp_path) == ["agents/a", "agents/b", "agents/c"]


def test_a_withdrawn_file_may_be_deleted(tmp_path: Path) -> None:
    """Deleting the raw log afterwards is no error, and changes nothing that is recorded."""
    files = {"logs/a.jsonl": lines(ROWS), "logs/b.jsonl": lines([row("t9", "x", id="z")])}
    _build(tmp_path, files, ("file", "logs/b.jsonl"))
    (tmp_path / "logs/b.jsonl").unlink()
    assert build_evidence_index(open_workspace(tmp_path)).skipped


def test_the_only_file_of_a_source_may_be_withdrawn_and_deleted(tmp_path: Path) -> None:
    """A pattern that matches nothing is an error, but not where what it meant is withdrawn."""
    for pattern in ("logs/*.jsonl", "logs/a.jsonl", "logs/**/*.jsonl"):
        root = tmp_path / pattern.replace("/", "-").replace("*", "x")
        toml = NAMED.replace("logs/*.jsonl", pattern)
        _build(root, {"logs/a.jsonl": lines(ROWS)}, ("file", "logs/a.jsonl"), toml=toml)
        (root / "logs/a.jsonl").unlink()
        outcome = build_evidence_index(open_workspace(root))
        assert outcome.skipped
        assert counts(outcome) == {"files_withdrawn": 1}


def test_a_run_that_also_stands_elsewhere_stays_with_one_origin_less(tmp_path: Path) -> None:
    """Withdrawing a file takes its copy of a merged run alone."""
    files = {"logs/a.jsonl": lines(ROWS), "logs/b.jsonl": lines(ROWS[:1])}
    _build(tmp_path, files, ("file", "logs/a.jsonl"))
    (record,) = read_jsonl(tmp_path / "data/evidence/agents")
    assert [place["path"] for place in record["provenance"]] == ["logs/b.jsonl"]


def test_a_withdrawn_source_is_named_and_nothing_of_it_is_read(tmp_path: Path) -> None:
    """Neither its logs nor a pattern that matches nothing; its former outputs leave their place."""
    second = MAPPED.replace("agents", "others").replace("logs/", "more/")
    toml = NAMED + second + VERDICT.replace("agents", "others")
    files = {"logs/a.jsonl": lines(ROWS), "more/b.jsonl": lines([row("x", LEAK + "!")])}
    run_all(make_workspace(tmp_path, toml, files))
    (tmp_path / "more/b.jsonl").unlink()
    outcomes = run_all(withdraw(tmp_path, ("source", "others")))
    claim = outcomes["build_evidence_index"].receipt.claim
    assert claim.notes["withdrawn"] == {"files": [], "sources": ["others"]}
    assert holding(tmp_path, LEAK + "!") == []
    assert not (tmp_path / "data/evidence/others/part-00000.jsonl").exists()


def test_everything_may_be_withdrawn(tmp_path: Path) -> None:
    """Nothing is left but empty sets and their receipts."""
    make_workspace(tmp_path, NAMED, {"logs/a.jsonl": lines(ROWS)})
    outcomes = run_all(withdraw(tmp_path, ("source", "agents")))
    assert counts(outcomes["export_rag"]) == {}
    assert read_jsonl(tmp_path / "exports") == []


def test_a_withdrawn_file_of_verdicts_leaves_runs_without_them(tmp_path: Path) -> None:
    """The review is not read; the run that it decided waits for a person again."""
    project = make_workspace(tmp_path, MAPPED + 'run_id = "/id"\n', {"logs/a.jsonl": lines(ROWS)})
    build_evidence_index(project)
    content = read_jsonl(tmp_path / "data/evidence/agents")[0]["content_digest"]
    review = {"run": "agents/a", "content_digest": content, "decision": "accepted"}
    review |= {"time": "2026-11-02T09:00:00Z", "note": "", "reviewer": "kim"}
    (tmp_path / "reviews").mkdir()
    (tmp_path / "reviews/kim.jsonl").write_bytes(lines([review]))
    build_evidence_index(project)
    assert counts(score_runs(project))["accepted"] == 1
    project = withdraw(tmp_path, ("file", "reviews/kim.jsonl"))
    outcome = build_evidence_index(project)
    assert outcome.receipt.claim.notes["withdrawn"] == {
        "files": ["reviews/kim.jsonl"],
        "sources": [],
    }
    assert "accepted" not in counts(score_runs(project))


def test_an_extraction_of_a_withdrawn_parent_has_no_parent(tmp_path: Path) -> None:
    """Its category came from the run that is gone."""
    toml = (
        NAMED.replace('run_id = "/id"\n', 'run_id = "/id"\nsubject = "/file"\n')
        + """
[sources.facts]
kind = "distilled_facts"
paths = ["facts.jsonl"]
role = "train"
licence = "MIT"
"""
    )
    fact = {"fact_id": "f1", "fact": "A fact.", "file": "t1.py"}
    files = {
        "logs/a.jsonl": lines([row("t1", "x", id="a", file="t1.py")]),
        "facts.jsonl": lines([fact]),
    }
    _build(tmp_path, files, ("run", "agents/a"), toml=toml)
    score_runs(open_workspace(tmp_path))
    (scored,) = read_jsonl(tmp_path / "data/scored/facts")
    assert scored["rule"] == "no_parent"


def test_a_sample_leaves_out_what_is_withdrawn(tmp_path: Path) -> None:
    """`distill run --limit` reads the raw logs and reviews, and must not bring anything back."""
    review = {"run": "agents/b", "content_digest": "0" * 64, "decision": "rejected"}
    review |= {"time": "2026-11-02T09:00:00Z", "note": LEAK, "reviewer": "kim"}
    files = {
        "logs/a.jsonl": lines(ROWS),
        "logs/b.jsonl": lines([row("t9", LEAK, id="z")]),
        "reviews/kim.jsonl": lines([review]),
    }
    make_workspace(tmp_path, NAMED, files)
    gone = [("file", "logs/b.jsonl"), ("file", "reviews/kim.jsonl"), ("run", "agents/a")]
    withdraw(tmp_path, *gone)
    assert main(["run", "--limit", "10", "-q", "--workspace", str(tmp_path)]) == 0
    (scratch,) = (tmp_path / ".distill/scratch").iterdir()
    assert _runs(scratch) == ["agents/b", "agents/c"]
    assert read_jsonl(scratch / "data/evidence/unattached.jsonl") == []
    assert holding(scratch, LEAK) == []


def test_looks_at_a_workspace_do_not_show_what_is_withdrawn(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """`explain` names the place without the excerpt, `preview` reads no withdrawn source."""
    make_workspace(tmp_path, NAMED, {"logs/a.jsonl": lines(ROWS)})
    build_evidence_index(withdraw(tmp_path, ("run", "agents/a")))
    assert main(["explain", "agents/a", "--workspace", str(tmp_path)]) == 0
    printed = capsys.readouterr().out
    assert "withdrawn" in printed
    assert LEAK not in printed
    withdraw(tmp_path, ("source", "agents"))
    assert main(["preview", "agents", "--workspace", str(tmp_path)]) == 2
    assert main(["status", "--workspace", str(tmp_path)]) == 0
    assert "withdrawn: not read" in capsys.readouterr().out


GOOD: dict[str, Any] = {"by": None, "kind": "run", "name": "a", "reason": "r"}
GOOD["time"] = "2026-11-24T10:00:00.000Z"
BAD: dict[str, Any] = {
    "no-newline": json.dumps(GOOD, separators=(",", ":")).encode(),
    "not-canonical": json.dumps(GOOD).encode() + b"\n",
    "no-object": b"[]\n",
    "unknown-kind": {**GOOD, "kind": "word"},
    "unknown-field": {**GOOD, "more": 1},
    "missing-field": {k: v for k, v in GOOD.items() if k != "reason"},
    "empty-name": {**GOOD, "name": ""},
    "no-time": {**GOOD, "time": "yesterday"},
    "by-a-number": {**GOOD, "by": 7},
}


@pytest.mark.parametrize("name", BAD)
def test_a_line_that_is_no_withdrawal_stops_the_stage(name: str) -> None:
    """Nothing is built on a list that can't be understood: what it took away might come back."""
    bad = BAD[name]
    if isinstance(bad, dict):
        bad = json.dumps(bad, separators=(",", ":"), sort_keys=True).encode() + b"\n"
    with pytest.raises(ConfigurationError):
        read_withdrawals(bad)


def test_a_withdrawal_reads_back_as_it_was_written() -> None:
    """Canonical lines in their order; the empty file holds none."""
    one = Withdrawal(WithdrawalKind.FILE, "logs/ä.jsonl", "it „leaked“", GOOD["time"], "kim")
    content = one.to_line() * 2
    assert read_withdrawals(content).all == (one, one)
    assert read_withdrawals(b"").all == ()


@pytest.mark.parametrize("kind", ["folder", "link"])
def test_a_list_that_is_no_plain_file_stops_the_stage(tmp_path: Path, kind: str) -> None:
    """A folder or a link in its place holds no withdrawals, so nothing is built."""
    project = make_workspace(tmp_path, NAMED, {"logs/a.jsonl": lines(ROWS)})
    place = tmp_path / "withdrawals.jsonl"
    if kind == "folder":
        place.mkdir()
    else:
        place.symlink_to(tmp_path / "logs/a.jsonl")
    with pytest.raises(ConfigurationError):
        build_evidence_index(project)
