"""The commands: what they print, what they leave alone, and the code they end with."""

import json
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

from distill.cli import main
from tests.workspaces import MAPPED, VERDICT, lines, make_workspace, read_jsonl, row

ROWS = [
    row("t1", "right"),
    row("t1", "wrong", passed=False),
    row("t2", "half", "partly"),
    row("t3", "crashed", "timeout"),
]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A workspace that has not run."""
    make_workspace(tmp_path, MAPPED + VERDICT, {"logs/a.jsonl": lines(ROWS)})
    return tmp_path


def _run(root: Path, *arguments: str) -> int:
    return main([*arguments, "--workspace", str(root)])


def _json(root: Path, capsys: pytest.CaptureFixture[str], *arguments: str) -> Any:
    _run(root, *arguments, "--json")
    return json.loads(capsys.readouterr().out)


def _tree(root: Path) -> dict[str, tuple[int, int]]:
    return {
        path.relative_to(root).as_posix(): (path.stat().st_mtime_ns, path.stat().st_size)
        for path in root.rglob("*")
    }


def test_a_dry_run_writes_nothing_and_reads_no_log(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Before and after the first run: the tree is as it was, and a log of junk is not noticed."""
    before = _tree(root)
    would = _json(root, capsys, "run", "--dry-run")
    assert [stage["would"] for stage in would["stages"]] == ["run"] * 5
    assert _tree(root) == before
    _run(root, "run", "-q")
    size = (root / "logs/a.jsonl").stat().st_size
    (root / "logs/a.jsonl").write_bytes(b"\xff" * size)
    before = _tree(root)
    would = _json(root, capsys, "run", "--dry-run")
    assert [stage["would"] for stage in would["stages"]] == ["check"] * 5
    assert _tree(root) == before


def test_a_run_says_what_was_read_exported_and_quarantined(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The table at the end has a line a stage with its numbers and where the files are."""
    assert _run(root, "run") == 0
    printed = capsys.readouterr().out
    sft = next(line for line in printed.splitlines() if line.startswith("export_sft  "))
    assert sft.split() == ["export_sft", "ran", "4", "1", "3", "exports/sft/"]


def test_flags_widen_one_export_each(root: Path) -> None:
    """--include-partial is for SFT alone, --include-review for RAG alone."""
    _run(root, "run", "-q", "--include-partial", "--include-review")
    sft = [line["quality_score"] for line in read_jsonl(root / "exports/sft")]
    rag = [line["category"] for line in read_jsonl(root / "exports/rag")]
    assert sorted(sft) == ["accepted", "partially_accepted"]
    assert sorted(rag) == ["accepted", "needs_human_review", "partially_accepted"]
    assert "include_partial = true" in (root / "exports/sft/README.md").read_text()


def test_a_run_without_any_verdict_has_an_exit_code_of_its_own(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """No SFT row because nothing was judged: 5, and what to do."""
    make_workspace(tmp_path, MAPPED, {"logs/a.jsonl": lines(ROWS)})
    assert _run(tmp_path, "run") == 5
    assert "reviews/*.jsonl" in capsys.readouterr().out


def test_a_review_is_the_way_out(tmp_path: Path) -> None:
    """A decision in reviews/ gives a run a category; one that saw other content is stale."""
    make_workspace(tmp_path, MAPPED, {"logs/a.jsonl": lines(ROWS)})
    _run(tmp_path, "run", "-q")
    record = read_jsonl(tmp_path / "data/evidence/agents")[0]
    review = {
        "run": record["run_id"],
        "content_digest": record["content_digest"],
        "decision": "accepted",
        "reviewer": "kim",
        "time": "2026-11-02T09:00:00Z",
        "note": "",
    }
    (tmp_path / "reviews").mkdir()
    (tmp_path / "reviews/kim.jsonl").write_bytes(lines([review]))
    assert _run(tmp_path, "run", "-q") == 0
    assert [r["source_run_id"] for r in read_jsonl(tmp_path / "exports/sft")] == [record["run_id"]]
    stale = {**review, "content_digest": "0" * 64}
    (tmp_path / "reviews/kim.jsonl").write_bytes(lines([stale]))
    assert _run(tmp_path, "run", "-q") == 5
    (unattached,) = read_jsonl(tmp_path / "data/evidence/unattached.jsonl")
    assert unattached["state"] == "stale"


def test_status_tells_what_a_run_would_do(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Before, after, and with a log that is gone: sources, stages with reasons, laws."""
    before = _json(root, capsys, "status")
    assert {stage["status"] for stage in before["stages"]} == {"never built"}
    _run(root, "run", "-q")
    after = _json(root, capsys, "health")
    assert {stage["status"] for stage in after["stages"]} == {"fresh"}
    assert after["sound"]
    assert after["laws"]["kept"] > 0
    (root / "logs/a.jsonl").unlink()
    gone = _json(root, capsys, "status")
    assert not gone["sound"]
    assert "matches no file" in gone["trouble"]


def test_explain_tells_the_story_of_a_run_by_any_of_its_ids(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Run id, raw record digest, sample id and a prefix all lead to the same run."""
    _run(root, "run", "-q")
    (sample,) = read_jsonl(root / "exports/sft")
    run_id = sample["source_run_id"]
    digest = sample["provenance"][0]["blake3"]
    for text in (run_id, run_id[:20], digest, sample["id"], sample["id"][:12]):
        story = _json(root, capsys, "explain", text)
        assert [run["id"] for run in story["runs"]] == [run_id]
    (run,) = story["runs"]
    assert {row["set"] for row in run["rows"]} == {"rag", "sft", "preference"}
    assert json.loads(run["origin"][0]["excerpt"])["answer"] == "right"


def test_explain_says_why_a_run_is_kept_out_and_what_would_help(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A crashed grader's run: needs review, by which rule, which gate, and the way out."""
    _run(root, "run", "-q")
    scored = read_jsonl(root / "data/scored")
    crashed = next(run for run in scored if run["rule"] == "instrument_failure")
    _run(root, "explain", crashed["run_id"])
    printed = capsys.readouterr().out
    assert "needs_human_review, by the rule instrument_failure" in printed
    assert "unsafe_sft_category" in printed
    assert "to change that" in printed


@pytest.mark.parametrize("text", ["nothing-like-it", "agents/"])
def test_explain_refuses_what_is_unknown_or_ambiguous(
    root: Path, capsys: pytest.CaptureFixture[str], text: str
) -> None:
    """An id that nothing has, or that several runs' ids begin with: exit 2 and a hint."""
    _run(root, "run", "-q")
    assert _run(root, "explain", text) == 2
    assert "hint:" in capsys.readouterr().err


def test_a_sample_runs_in_a_scratch_workspace(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """--limit leaves the workspace's own outputs alone and names its figures estimates."""
    _run(root, "run", "--limit", "2")
    printed = capsys.readouterr().out
    assert "estimate for the full run, rows of export_sft" in printed
    assert not (root / "exports").exists()
    first = _json(root, capsys, "run", "--limit", "2", "--source", "agents")
    assert first["stages"][0]["read"] == 2


def test_init_writes_a_configuration_that_runs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A shape that nobody knows: proposed, written, and run without an edit."""
    logs = tmp_path / "logs"
    logs.mkdir()
    rows = [
        {"question": f"Ask {n}?", "output": f"Say {n}.", "correct": n % 2 == 0} for n in range(8)
    ]
    (logs / "x.jsonl").write_bytes(lines(rows))
    assert _run(tmp_path, "init", str(logs), "--prefect") == 0
    assert (tmp_path / "flows/distillation.py").exists()
    capsys.readouterr()
    assert _run(tmp_path, "run", "-q") == 0
    assert len(read_jsonl(tmp_path / "exports/sft")) == 4
    assert _run(tmp_path, "init", str(logs)) == 2


def test_init_says_where_it_finds_no_verdict(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Logs without verdicts: the remedy is named, and the run ends with 5."""
    (tmp_path / "x.jsonl").write_bytes(lines([{"prompt": "p", "response": f"r{n}"} for n in "ab"]))
    assert _run(tmp_path, "init", str(tmp_path / "x.jsonl")) == 0
    assert "reviews/" in capsys.readouterr().out
    assert _run(tmp_path, "run", "-q") == 5


def test_init_leaves_out_what_can_t_be_read(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """It says why, in the file and on the screen; what can be read runs without an edit."""
    logs = tmp_path / "logs"
    logs.mkdir()
    (logs / "broken.eval").write_bytes(b"PK\x03\x04 and no directory")
    (logs / "prose.jsonl").write_bytes(b"no JSON\n")
    (logs / "odd.jsonl").write_bytes(lines([{"foo": 1, "bar": True}]))
    (logs / "runs.jsonl").write_bytes(lines([{"prompt": "p", "response": "r", "passed": True}]))
    assert _run(tmp_path, "init", str(logs)) == 0
    printed = capsys.readouterr().out
    assert "broken: 1 file, left out: the zip archive can't be read" in printed
    assert "prose: 1 file, left out: the file holds no JSON object" in printed
    assert "odd: 1 file, left out: mapped: no prompt" in printed
    text = (tmp_path / "distill.toml").read_text(encoding="utf-8")
    assert list(tomllib.loads(text)["sources"]) == ["runs"]
    for name in ("broken", "prose", "odd"):
        assert f"# [sources.{name}]" in text
    assert "# Left out, since nothing can be read of it yet: the zip archive can't be" in text
    assert _run(tmp_path, "run", "-q") == 0
    assert len(read_jsonl(tmp_path / "exports/sft")) == 1


def test_init_of_nothing_that_can_be_read(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """There is no source to preview then, and the last line says what to do instead."""
    (tmp_path / "broken.eval").write_bytes(b"PK\x03\x04 and no directory")
    assert _run(tmp_path, "init", str(tmp_path / "broken.eval")) == 0
    printed = capsys.readouterr().out
    assert printed.endswith(
        "next: mend what was left out there, or remove it and name other logs\n"
    )
    assert _run(tmp_path, "run") == 0
    assert "names no source" in capsys.readouterr().out


def test_a_workspace_without_sources_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """`distill init` without logs, and a run after it: both say that there is nothing to read."""
    assert _run(tmp_path, "init") == 0
    assert "no logs were given" in capsys.readouterr().out
    assert _run(tmp_path, "run") == 0
    assert "names no source" in capsys.readouterr().out


def test_the_report_is_made_of_receipts_alone(root: Path) -> None:
    """Without data and exports it is the same bytes."""
    _run(root, "run", "-q")
    before = (root / "reports/latest.md").read_bytes()
    for path in (root / "exports").rglob("*.jsonl"):
        path.unlink()
    (root / "reports/latest.md").unlink()
    assert _run(root, "report", "-q") == 0
    assert (root / "reports/latest.md").read_bytes() == before
    assert b"export_preference" in before


def test_a_named_folder_is_the_workspace_or_an_error(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """--workspace never takes the distill.toml of a folder above."""
    (root / "inner").mkdir()
    assert _run(root / "inner", "run") == 2
    assert "inner" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("configuration", "named"),
    [
        ("[sorces.x]\n", "sources"),
        ("[sources.x\n", "no TOML"),
        ("[exports.sft]\ninclude_partal = true\n", "include_partial"),
        ("[scoring]\nthreshold = 1\n", "thresholds"),
    ],
)
def test_a_wrong_configuration_is_a_message_and_a_hint(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], configuration: str, named: str
) -> None:
    """Exit 2, and the nearest known key is named."""
    make = tmp_path / "distill.toml"
    make.write_text(configuration)
    assert _run(tmp_path, "run") == 2
    assert named in capsys.readouterr().err


def test_verify_imports_nothing_that_only_a_run_needs(root: Path) -> None:
    """A look at receipts pays for no model, no git, no scheduler and no database."""
    _run(root, "run", "-q")
    program = (
        "import sys\n"
        "from distill.cli import main\n"
        f"code = main(['verify', '-q', '--workspace', {str(root)!r}])\n"
        "heavy = {'pydantic', 'git', 'prefect', 'duckdb', 'rich', 'cryptography'}\n"
        "print(code, sorted(heavy & set(sys.modules)))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert (done.stdout.strip(), done.stderr) == ("0 []", "")
