"""The key of redactions: made once, named and never held by what others see, asked for again."""

from pathlib import Path

import pytest

from distill.errors import ConfigurationError, IncompleteError
from distill.lineage.held_receipts import hold_receipts
from distill.lineage.proving import prove_sample
from distill.lineage.replay import replay_proof
from distill.receipts.reproduce import Options, prepare
from distill.receipts.workspace import Workspace
from distill.stages.redaction_keys import lay_out_redaction_key
from distill.workspace.project import Project, open_workspace
from distill.workspace.redaction_key import KEY_FILE, made_key, read_key
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

ADDRESS = "mira.holt@posteo.de"
LOGS = {
    "logs/a.jsonl": lines(
        [
            row("t1", f"I wrote to {ADDRESS}, then again to {ADDRESS}."),
            row("t2", f"I did not write to {ADDRESS}."),
            row("t3", "I wrote to nobody."),
        ]
    )
}
OPTIONS = Options(extras=(lay_out_redaction_key,))


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A workspace whose logs hold an address three times."""
    return make_workspace(tmp_path / "workspace", MAPPED + VERDICT, LOGS)


def _rows(project: Project) -> bytes:
    return b"".join(path.read_bytes() for path in sorted(project.root.glob("exports/*/*")))


def test_rows_hold_placeholders_and_receipts_count_them(project: Project) -> None:
    """The value is in no file of an export; receipt and card say how many there were."""
    outcomes = run_all(project)
    assert ADDRESS.encode() not in _rows(project)
    answers = {one["messages"][-1]["content"] for one in read_jsonl(project.root / "exports/sft")}
    key = read_key(project.root / KEY_FILE)
    assert key is not None
    placeholder = key.placeholder("email", ADDRESS)
    assert f"I wrote to {placeholder}, then again to {placeholder}." in answers
    for stage in ("export_sft", "export_rag"):
        assert counts(outcomes[stage], "redacted") == {"email": 3}
    card = (project.root / "exports/sft/README.md").read_text(encoding="utf-8")
    assert "| `email` | 3 |" in card


def test_pairs_hold_placeholders(tmp_path: Path) -> None:
    """On both sides; the counts are those of both runs."""
    rows = [row("t1", f"I wrote to {ADDRESS}."), row("t1", f"No mail to {ADDRESS}.", passed=False)]
    made = make_workspace(tmp_path / "pairs", MAPPED + VERDICT, {"logs/a.jsonl": lines(rows)})
    outcome = run_all(made)["export_preference"]
    assert counts(outcome)["exported"] == 1
    assert counts(outcome, "redacted") == {"email": 2}
    (pair,) = read_jsonl(made.root / "exports/preference")
    key = read_key(made.root / KEY_FILE)
    assert key is not None
    placeholder = key.placeholder("email", ADDRESS)
    assert pair["chosen"][-1]["content"] == f"I wrote to {placeholder}."
    assert pair["rejected"][-1]["content"] == f"No mail to {placeholder}."


def test_the_key_is_its_owner_s_and_in_no_receipt(project: Project) -> None:
    """Nobody else may read it, and no file that the run wrote holds it."""
    run_all(project)
    path = project.root / KEY_FILE
    assert path.stat().st_mode & 0o077 == 0
    assert (path.parent / ".gitignore").read_text(encoding="ascii") == "*\n"
    key = read_key(path)
    assert key is not None
    for other in project.root.rglob("*"):
        if other.is_file() and other != path:
            content = other.read_bytes()
            assert key.secret not in content
            assert key.secret.hex().encode() not in content


def test_another_key_is_another_stage_key(project: Project) -> None:
    """With the same key nothing runs again; with another one the exports do, and differ."""
    run_all(project)
    first = _rows(project)
    assert not any(outcome.status == "ran" for outcome in run_all(project).values())
    (project.root / KEY_FILE).unlink()
    again = run_all(open_workspace(project.root))
    assert {name for name, outcome in again.items() if outcome.status == "ran"} == {
        "export_rag",
        "export_sft",
        "export_preference",
    }
    assert _rows(project) != first


def test_nothing_to_redact_needs_no_key(tmp_path: Path) -> None:
    """Where every gate is to quarantine, none is made, and a run with an address stays out."""
    toml = '[firewall.personal_data]\naction = "quarantine"\n' + MAPPED + VERDICT
    made = make_workspace(tmp_path / "workspace", toml, LOGS)
    outcomes = run_all(made)
    assert not (made.root / KEY_FILE).exists()
    assert counts(outcomes["export_sft"], "by_reason") == {"personal_data": 2}


def test_a_named_key_that_is_not_there_stops_the_run(tmp_path: Path) -> None:
    """No other key is made in its place."""
    toml = '[firewall]\nredaction_key = "keys/a.key"\n' + MAPPED + VERDICT
    made = make_workspace(tmp_path / "workspace", toml, LOGS)
    with pytest.raises(ConfigurationError, match=r"keys/a\.key is not there"):
        run_all(made)
    made_key(made.root / "keys/a.key")
    run_all(made)
    assert ADDRESS.encode() not in _rows(made)
    assert not (made.root / KEY_FILE).exists()


@pytest.mark.parametrize("text", ["", "zz" * 32, "ab" * 31, "ab" * 32 + "\n" + "ab" * 32])
def test_a_file_without_a_key_is_refused(tmp_path: Path, text: str) -> None:
    """Exactly one line of 64 hex digits."""
    path = tmp_path / "redaction.key"
    path.write_text(text, encoding="ascii")
    with pytest.raises(ConfigurationError, match="holds no redaction key"):
        read_key(path)


def test_a_stage_is_run_again_with_its_key_and_not_without(project: Project) -> None:
    """Without the key it is said what can't be repeated, and nothing is called different."""
    run_all(project)
    with prepare(project.workspace, "export_sft", OPTIONS) as prepared:
        assert prepared.run().exit_code == 0
    kept = (project.root / KEY_FILE).read_bytes()
    (project.root / KEY_FILE).unlink()
    with (
        pytest.raises(IncompleteError, match="redacted with the key"),
        prepare(project.workspace, "export_sft", OPTIONS),
    ):
        pass
    made_key(project.root / KEY_FILE)
    with (
        pytest.raises(IncompleteError, match="redacted with the key"),
        prepare(project.workspace, "export_sft", OPTIONS),
    ):
        pass
    (project.root / KEY_FILE).write_bytes(kept)
    with prepare(project.workspace, "export_rag", OPTIONS) as prepared:
        assert prepared.run().exit_code == 0


def test_a_redacted_row_is_replayed_with_the_key_and_not_without(project: Project) -> None:
    """The proof of a row with placeholders runs again where the key is, and says so elsewhere."""
    outcomes = run_all(project)
    del outcomes
    rows = read_jsonl(project.root / "exports/sft")
    chosen = next(one for one in rows if "again" in one["messages"][-1]["content"])
    assert _last_step(project.workspace, chosen["id"]) == ("same", "")
    (project.root / KEY_FILE).unlink()
    outcome, why = _last_step(project.workspace, chosen["id"])
    assert outcome == "not replayed"
    assert "key" in why


def _last_step(workspace: Workspace, name: str) -> tuple[str, str]:
    proof = prove_sample(workspace, name)
    step = replay_proof(proof, hold_receipts(proof, workspace.root).receipts, workspace)[-1]
    return step.outcome, step.detail
