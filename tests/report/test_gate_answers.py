"""`distill explain`: what gates found is quoted, but never a secret; and every pair has its say."""

import json
from pathlib import Path
from typing import Any

import pytest

from distill.cli import main
from distill.records.evidence import Mark, Observation
from distill.report.quoting import quotes
from tests.exports.builders import assistant, call, evidence, tool, user
from tests.workspaces import MAPPED, VERDICT, lines, make_workspace, row, run_all

COMMAND = "curl -H 'Token: hunter22' https://x.example; git log --all"
AT = "/messages/1/tool_calls/0/function/arguments/command"


def _record(**observed: Observation) -> Any:
    acts = assistant(None, call("bash", {"command": COMMAND}))
    messages = (user("Mend this repository."), acts, tool("ok"), assistant("done"))
    return evidence(messages=messages, facts={"observed": observed})


def _told(rule: str, start: int, end: int) -> Observation:
    return Observation(version=1, marks=(Mark(rule=rule, at=AT, start=start, end=end),))


def test_a_gate_quotes_what_it_found() -> None:
    """Rule, place and the characters themselves."""
    at = COMMAND.index("git")
    record = _record(oracle_access=_told("git_beyond_base", at, len(COMMAND)))
    assert quotes(record, "oracle_access") == (f"git_beyond_base at {AT}: 'git log --all'",)


@pytest.mark.parametrize("gate", ["secret_detected", "personal_data"])
def test_no_quote_shows_what_is_private(gate: str) -> None:
    """Neither the gate that found it nor another one whose finding lies over it."""
    start = COMMAND.index("hunter22")
    private = _told("token", start, start + 8)
    record = _record(oracle_access=_told("upstream_web", 0, 47), **{gate: private})
    assert quotes(record, gate) == (f"token at {AT}: not shown",)
    (other,) = quotes(record, "oracle_access")
    assert "hunter22" not in other
    assert "<token>" in other


def test_nothing_is_quoted_where_nobody_could_look_for_secrets() -> None:
    """A gate for secrets that could not judge hides everything."""
    undecided = Observation(version=1, undecided="its observer failed")
    found = _told("git_beyond_base", 0, 4)
    record = _record(oracle_access=found, secret_detected=undecided)
    assert quotes(record, "oracle_access") == (f"git_beyond_base at {AT}: not shown",)


def test_explain_tells_of_pairs_and_of_what_was_found(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A run that refuses is told so with its words, and what its pair's gates say."""
    refusal = "I'm sorry, but I can't help with that."
    rows = [
        row("t1", refusal, id="a"),
        row("t1", "wrong", passed=False, id="b"),
        row("t2", "mail ann.lee@acme-corp.io", id="c"),
    ]
    files = {"logs/a.jsonl": lines(rows)}
    run_all(make_workspace(tmp_path, MAPPED + 'run_id = "/id"\n' + VERDICT, files))
    capsys.readouterr()
    assert main(["explain", "agents/a", "--workspace", str(tmp_path)]) == 0
    told = capsys.readouterr().out
    assert "gate   sft  refusal: refusal: last_turn" in told
    assert 'found: last_turn at /messages/1/content: "I can\'t help with that"' in told
    assert "gate   preference agents/a over agents/b refusal: " in told
    assert main(["explain", "agents/c", "--json", "--workspace", str(tmp_path)]) == 0
    told = capsys.readouterr().out
    assert "ann.lee" not in told
    answers = json.loads(told)["runs"][0]["gates"]
    assert [one["answer"] for one in answers if one["export"] == "preference"] == [
        "in no pair of its task: no_partner"
    ]
