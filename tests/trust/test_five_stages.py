"""Trust tests 2 to 6 on the five stages of a workspace, and what a change of settings costs."""

import os
import shutil
from pathlib import Path

import pytest

from distill.cli import main
from distill.stages.pipeline import STAGES
from distill.workspace.project import open_workspace
from tests.workspaces import MAPPED, VERDICT, lines, make_workspace, row, run_all

ALL = tuple(stage.name for stage in STAGES)
ROWS = [
    *(row(f"t{number}", f"right {number}") for number in range(6)),
    *(row(f"t{number}", f"wrong {number}", passed=False) for number in range(6)),
    row("t7", "half", "partly"),
]


@pytest.fixture(scope="module")
def ran_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace whose five stages have run once, to be copied and not touched."""
    root = tmp_path_factory.mktemp("ran")
    run_all(make_workspace(root, MAPPED + VERDICT, {"logs/a.jsonl": lines(ROWS)}))
    return root


@pytest.fixture
def root(ran_once: Path, tmp_path: Path) -> Path:
    """A workspace whose five stages have run once."""
    return shutil.copytree(ran_once, tmp_path, dirs_exist_ok=True)


def _ran(root: Path) -> dict[str, str]:
    """Run all stages again and return those that did not skip, with the reason."""
    outcomes = run_all(open_workspace(root))
    return {name: outcome.reason for name, outcome in outcomes.items() if not outcome.skipped}


def _snapshot(root: Path) -> dict[str, bytes]:
    kept = ("data/evidence", "data/scored", "exports", "quarantine")
    files = (path for name in kept for path in (root / name).rglob("*") if path.is_file())
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in files}


def test_a_rerun_skips_all_five_stages_and_says_why(root: Path) -> None:
    """Nothing changed: five skips, each with its reason."""
    outcomes = run_all(open_workspace(root))
    assert tuple(outcomes) == ALL
    for outcome in outcomes.values():
        assert outcome.skipped
        assert "unchanged" in outcome.reason


OUTPUTS = [
    ("build_evidence_index", "data/evidence/agents/part-00000.jsonl"),
    ("score_runs", "data/scored/agents/part-00000.jsonl"),
    ("export_rag", "exports/rag/train-00000.jsonl"),
    ("export_sft", "exports/sft/README.md"),
    ("export_sft", "quarantine/export_sft.jsonl"),
    ("export_preference", "exports/preference/train-00000.jsonl"),
]


@pytest.mark.parametrize(("stage", "path"), OUTPUTS)
def test_a_deleted_output_is_rebuilt(root: Path, stage: str, path: str) -> None:
    """Trust test 2: the stage runs again, names the file, and the bytes are as before."""
    before = _snapshot(root)
    (root / path).unlink()
    assert path in _ran(root)[stage]
    assert _snapshot(root) == before


@pytest.mark.parametrize(("stage", "path"), OUTPUTS)
def test_an_edited_output_is_noticed_and_rebuilt(root: Path, stage: str, path: str) -> None:
    """Trust test 3: the edit is set aside, not served and not destroyed."""
    before = _snapshot(root)
    with (root / path).open("ab") as file:
        file.write(b"edited\n")
    edited = (root / path).read_bytes()
    assert path in _ran(root)[stage]
    assert _snapshot(root) == before
    kept = [file.read_bytes() for file in (root / "data/objects").rglob("*") if file.is_file()]
    assert edited in kept


@pytest.mark.parametrize(("stage", "path"), OUTPUTS)
def test_an_output_of_the_same_size_and_mtime_is_noticed(root: Path, stage: str, path: str) -> None:
    """Trust test 4: size and time of change prove nothing."""
    before = _snapshot(root)
    file = root / path
    status, content = file.stat(), file.read_bytes()
    file.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    os.utime(file, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert (file.stat().st_size, file.stat().st_mtime_ns) == (status.st_size, status.st_mtime_ns)
    assert list(_ran(root)) == [stage]
    assert _snapshot(root) == before


@pytest.mark.parametrize("stage", ALL)
def test_a_corrupt_receipt_is_not_believed(root: Path, stage: str) -> None:
    """Trust test 5: the stage runs again, and verify names the corrupt file and ends with 10."""
    before = _snapshot(root)
    digest = run_all(open_workspace(root))[stage].digest.hex
    path = root / "receipts/objects" / digest[:2] / digest
    path.chmod(0o644)
    path.write_bytes(path.read_bytes().replace(b'"passed"', b'"pASSed"', 1))
    assert main(["verify", "--workspace", str(root), "-q"]) == 10
    assert digest[:12] in _ran(root)[stage]
    assert _snapshot(root) == before


def test_a_touched_input_reruns_nothing(root: Path) -> None:
    """Trust test 6: a new time on the same bytes is no change."""
    os.utime(root / "logs/a.jsonl")
    assert _ran(root) == {}


def test_an_appended_log_reruns_what_it_reaches(root: Path) -> None:
    """A new run is in every stage's output; the reason names the log."""
    with (root / "logs/a.jsonl").open("ab") as log:
        log.write(lines([row("t9", "right 9")]))
    ran = _ran(root)
    assert tuple(ran) == ALL
    assert "logs/a.jsonl" in ran["build_evidence_index"]
    assert b"right 9" in (root / "exports/sft/train-00000.jsonl").read_bytes()


def test_a_setting_of_one_export_reruns_that_export(root: Path) -> None:
    """include_partial is SFT's alone."""
    with (root / "distill.toml").open("a") as file:
        file.write("\n[exports.sft]\ninclude_partial = true\n")
    assert list(_ran(root)) == ["export_sft"]
    assert b"partially_accepted" in (root / "exports/sft/train-00000.jsonl").read_bytes()
    assert "include_partial = true" in (root / "exports/sft/README.md").read_text()


def test_a_threshold_reruns_scoring_and_not_the_evidence(root: Path) -> None:
    """The policy is read when runs are scored; unchanged decisions stop the ripple."""
    with (root / "distill.toml").open("a") as file:
        file.write("\n[scoring.thresholds.quality]\naccepted = 0.9\npartially_accepted = 0.5\n")
    assert list(_ran(root)) == ["score_runs"]


def test_a_removed_source_is_read_no_more(tmp_path: Path) -> None:
    """What a former source left behind is moved away and reaches no export."""
    second = MAPPED.replace("agents", "others").replace("logs/", "more/")
    both = MAPPED + VERDICT + second + VERDICT.replace("agents", "others")
    files = {"logs/a.jsonl": lines(ROWS), "more/b.jsonl": lines([row("x", "from the other")])}
    run_all(make_workspace(tmp_path, both, files))
    assert b"from the other" in (tmp_path / "exports/sft/train-00000.jsonl").read_bytes()
    (tmp_path / "distill.toml").write_text(MAPPED + VERDICT)
    run_all(open_workspace(tmp_path))
    assert b"from the other" not in (tmp_path / "exports/sft/train-00000.jsonl").read_bytes()
    assert not (tmp_path / "data/evidence/others/part-00000.jsonl").exists()
