"""`distill verify --deep` holds every row of every output against its schema."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from distill.cli.main import main
from distill.errors import EXIT_OK, EXIT_TAMPERED
from distill.receipts.scope import workspace_scope
from distill.receipts.workspace import Workspace
from distill.records.row_checks import ROWS
from distill.release.folder import remove_folder
from distill.stages.sets import STAGES
from tests.tamper.rewriting import rewrite_row
from tests.tamper.stages import count
from tests.workspaces import MAPPED, VERDICT, lines, make_workspace, row, run_all

ROWS_OF_SFT = "exports/sft/train-00000.jsonl"
LOGS = lines(
    [
        row("first", "One."),
        row("first", "No.", passed=False),
        row("second", "Two."),
        row("third", "Perhaps.", passed="partly"),
        row("fourth", "Who knows?", passed="timeout"),
    ]
)
PEOPLE = """
[sources.people]
kind = "reviews"
paths = ["reviews/*.jsonl"]
verdicts_for = "agents"
"""
REVIEW = {
    "run": "no-such-run",
    "decision": "accepted",
    "reviewer": "ana",
    "time": "2026-03-01T11:00:00Z",
}


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace that ran; every kind of row is in it."""
    root = tmp_path_factory.mktemp("built") / "work"
    run_all(make_workspace(root, MAPPED + VERDICT, {"logs/a.jsonl": LOGS}))
    return root


@pytest.fixture
def work(built: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of it, as the current folder."""
    shutil.copytree(built, tmp_path / "work")
    monkeypatch.chdir(tmp_path / "work")
    return tmp_path / "work"


def _edit(**changes: Any) -> Callable[[bytes], bytes]:
    def change(line: bytes) -> bytes:
        text = json.dumps(json.loads(line) | changes, ensure_ascii=False, separators=(",", ":"))
        return text.encode()

    return change


def _swap(old: bytes, new: bytes) -> Callable[[bytes], bytes]:
    return lambda line: line.replace(old, new, 1)


def _verify(capsys: pytest.CaptureFixture[str], *flags: str) -> tuple[int, list[dict[str, str]]]:
    capsys.readouterr()
    code = main(["verify", "--json", *flags])
    return code, json.loads(capsys.readouterr().out)["faults"]


def test_every_target_of_the_five_stages_has_a_schema(built: Path) -> None:
    """A stage that gets an output, or whose output gets another name, needs a row here."""
    objects = (built / "receipts/objects").glob("*/*")
    claims = [json.loads(path.read_bytes())["claim"] for path in objects]
    targets = {(claim["stage"], one["role"]) for claim in claims for one in claim["targets"]}
    assert targets == set(ROWS)
    assert {stage for stage, _ in ROWS} == set(STAGES)


def test_what_was_written_is_sound(work: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """No row that a stage wrote is refused, in one file or in all."""
    assert _verify(capsys, "--deep") == (EXIT_OK, [])
    assert _verify(capsys, "--deep", ROWS_OF_SFT) == (EXIT_OK, [])


@pytest.mark.parametrize(
    ("stage", "path", "line", "change", "found"),
    [
        ("export_sft", ROWS_OF_SFT, 2, _edit(quality_score="rejected"), "/quality_score"),
        ("export_sft", ROWS_OF_SFT, 1, _edit(quality_score="partially_accepted"), "flags"),
        ("export_sft", ROWS_OF_SFT, 1, _edit(secret=1), "/secret: extra_forbidden"),
        ("export_sft", ROWS_OF_SFT, 2, lambda _: b"{", "is no JSON"),
        ("export_sft", ROWS_OF_SFT, 2, lambda _: b"", "is no JSON"),
        (
            "export_sft",
            ROWS_OF_SFT,
            2,
            _swap(b'"quality_score"', b'"quality_score":"accepted","quality_score"'),
            "spelt otherwise",
        ),
        ("export_rag", "exports/rag/train-00000.jsonl", 2, _edit(category="rejected"), "/category"),
        (
            "export_rag",
            "exports/rag/train-00000.jsonl",
            1,
            _edit(category="needs_human_review"),
            "flags",
        ),
        (
            "export_preference",
            "exports/preference/train-00000.jsonl",
            1,
            _edit(margin=-1),
            "margin",
        ),
        ("export_sft", "quarantine/export_sft.jsonl", 2, _edit(reason="because"), "/reason: enum"),
        ("export_sft", "quarantine/export_sft.jsonl", 1, _edit(stage="export_rag"), "/stage"),
    ],
)
def test_a_bad_row_whose_digests_were_receipted_again(
    work: Path,
    capsys: pytest.CaptureFixture[str],
    stage: str,
    path: str,
    line: int,
    change: Callable[[bytes], bytes],
    found: str,
) -> None:
    """All digests fit, so that only the row itself tells: file and line are named, exit 10."""
    rewrite_row(work, stage, path, line, change)
    assert _verify(capsys) == (EXIT_OK, [])
    code, faults = _verify(capsys, "--deep")
    assert (code, len(faults)) == (EXIT_TAMPERED, 1)
    assert (faults[0]["kind"], faults[0]["path"]) == ("row_refused", path)
    assert faults[0]["found"].startswith(f"line {line}: ")
    assert found in faults[0]["found"]
    assert faults[0]["remedy"]
    assert main(["verify", "--deep"]) == EXIT_TAMPERED
    said = capsys.readouterr().out
    assert path in said
    assert f"line {line} is not a row" in said


@pytest.mark.parametrize(
    ("stage", "path", "change"),
    [
        ("build_evidence_index", "data/evidence/agents/part-00000.jsonl", _edit(role="judge")),
        ("build_evidence_index", "data/evidence/agents/part-00000.jsonl", _edit(run_id=7)),
        ("score_runs", "data/scored/agents/part-00000.jsonl", _edit(category="perhaps")),
    ],
)
def test_a_bad_row_of_what_other_stages_read(
    work: Path,
    capsys: pytest.CaptureFixture[str],
    stage: str,
    path: str,
    change: Callable[[bytes], bytes],
) -> None:
    """Here the chain is broken too, and the row is named all the same."""
    rewrite_row(work, stage, path, 3, change)
    code, faults = _verify(capsys, "--deep")
    assert code == EXIT_TAMPERED
    refused = [fault for fault in faults if fault["kind"] == "row_refused"]
    assert [(one["path"], one["found"].partition(":")[0]) for one in refused] == [(path, "line 3")]


def test_a_bad_row_of_a_verdict_that_is_for_no_run(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The unattached verdicts have a schema of their own."""
    path = "data/evidence/unattached.jsonl"
    root = tmp_path / "work"
    configuration = MAPPED + VERDICT + PEOPLE
    files = {"logs/a.jsonl": LOGS, "reviews/a.jsonl": lines([REVIEW])}
    run_all(make_workspace(root, configuration, files))
    monkeypatch.chdir(root)
    assert len((root / path).read_bytes().splitlines()) == 1
    assert _verify(capsys, "--deep") == (EXIT_OK, [])
    rewrite_row(root, "build_evidence_index", path, 1, _edit(state="lost"))
    _, faults = _verify(capsys, "--deep")
    assert ("row_refused", path) in {(one["kind"], one["path"]) for one in faults}


def test_of_many_bad_rows_the_first_are_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Twenty are named, the others counted, so that a ruined file gives no endless report."""
    root = tmp_path / "work"
    logs = lines(row(f"task-{n}", f"Answer {n}.") for n in range(30))
    run_all(make_workspace(root, MAPPED + VERDICT, {"logs/a.jsonl": logs}))
    monkeypatch.chdir(root)
    for line in range(1, 31):
        rewrite_row(root, "export_sft", ROWS_OF_SFT, line, _edit(quality_score="rejected"))
    _, faults = _verify(capsys, "--deep")
    assert [one["found"].partition(":")[0] for one in faults] == [
        *(f"line {n}" for n in range(1, 21)),
        "10 more bad rows",
    ]


def test_rows_under_a_flag_that_allows_them(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the receipt's own parameters let in is in order."""
    root = tmp_path / "work"
    flags = "\n[exports.sft]\ninclude_partial = true\n[exports.rag]\ninclude_review = true\n"
    run_all(make_workspace(root, MAPPED + VERDICT + flags, {"logs/a.jsonl": LOGS}))
    monkeypatch.chdir(root)
    assert b"partially_accepted" in (root / ROWS_OF_SFT).read_bytes()
    assert b"needs_human_review" in (root / "exports/rag/train-00000.jsonl").read_bytes()
    assert _verify(capsys, "--deep") == (EXIT_OK, [])


def test_the_rows_of_a_release(work: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Whoever receives a release holds its rows against the schemas too, and the row is named."""
    assert main(["release", "v1", "-q"]) == EXIT_OK
    sent = work.parent / "sent"
    shutil.copytree(work / "releases/v1", sent, copy_function=shutil.copyfile)
    for path in (sent, *sent.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)
    remove_folder(work / "releases/v1")
    assert _verify(capsys, "--deep", str(sent)) == (EXIT_OK, [])
    rows = (sent / ROWS_OF_SFT).read_bytes()
    (sent / ROWS_OF_SFT).write_bytes(rows.replace(b'"accepted"', b'"rejected"', 1))
    code, faults = _verify(capsys, "--deep", str(sent))
    assert code == EXIT_TAMPERED
    assert ("row_refused", ROWS_OF_SFT) in {(one["kind"], one["path"]) for one in faults}


def test_rows_without_a_schema_are_told(work: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A stage of another name evades the schemas, and the verdict says that it does."""
    with workspace_scope(Workspace.find(work)):
        count(Path("logs/a.jsonl"), target=Path("exports/sft/more.jsonl"))
        count(Path("logs/a.jsonl"), target=Path("exports/notes/count.txt"))
    (note,) = _notes(capsys, "--deep")
    assert note.startswith("the rows of 1 file were held against no schema")
    assert note.endswith("the outputs of count")
    assert _notes(capsys) == []
    assert _notes(capsys, "--deep", ROWS_OF_SFT) == []
    assert _notes(capsys, "--deep", "logs/a.jsonl") == []


def _notes(capsys: pytest.CaptureFixture[str], *flags: str) -> list[str]:
    capsys.readouterr()
    main(["verify", "--json", *flags])
    notes = json.loads(capsys.readouterr().out)["notes"]
    return [one["meaning"] for one in notes if one["kind"] == "rows_without_schema"]


def test_a_folder_that_is_a_workspace_is_verified_whole(
    work: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As verify.sh takes it: by its path, from anywhere, and as the present folder."""
    monkeypatch.chdir(work.parent)
    assert main(["verify", str(work)]) == 0
    whole = capsys.readouterr().out.splitlines()[-1]
    monkeypatch.chdir(work)
    assert main(["verify", "."]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == whole
    assert main(["verify"]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == whole
