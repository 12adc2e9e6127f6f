"""Each cause on a workspace that really changed so, and which one is named where two did."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import distill
from distill.stages.sets import SETS
from distill.workspace.project import open_workspace
from tests.diff.states import Two, Workspaces
from tests.workspaces import MAPPED, VERDICT, lines, read_jsonl, row

NAMED = MAPPED + 'run_id = "/id"\n' + VERDICT
ROWS = [
    row("t1", "right", id="a"),
    row("t1", "wrong", False, id="b"),
    row("t2", "half", "partly", id="c"),
    row("t3", "open", None, id="d"),
]


def _rewrite(*rows: dict[str, object]) -> Callable[[Path], object]:
    return lambda root: (root / "logs/a.jsonl").write_bytes(lines(rows))


def _append(text: str) -> Callable[[Path], object]:
    def change(root: Path) -> None:
        with (root / "distill.toml").open("a") as file:
            file.write(text)

    return change


def _two(
    workspaces: Workspaces,
    root: Path,
    change: Callable[[Path], object],
    configuration: str = NAMED,
) -> Two:
    return workspaces.two(root, configuration, {"logs/a.jsonl": lines(ROWS)}, change)


def test_a_new_raw_record_is_put_down_to_the_log(workspaces: Workspaces, tmp_path: Path) -> None:
    """The run is added in every set, and each says that the log gained its record."""
    two = _two(workspaces, tmp_path, _rewrite(*ROWS, row("t4", "new", id="e")))
    for name in ("evidence", "scored", "rag", "sft"):
        assert two.told(name) == {"agents/e": ("added", "log")}


def test_a_removed_raw_record_is_put_down_to_the_log(
    workspaces: Workspaces, tmp_path: Path
) -> None:
    """The run is removed in every set, the pair that it was part of too."""
    two = _two(workspaces, tmp_path, _rewrite(*ROWS[1:]))
    for name in ("evidence", "scored", "rag", "sft"):
        assert two.told(name) == {"agents/a": ("removed", "log")}
    assert two.told("preference") == {"agents/a over agents/b": ("removed", "log")}


def test_the_same_run_with_another_text_is_changed(workspaces: Workspaces, tmp_path: Path) -> None:
    """One run id, another answer: changed by the log, not removed and added."""
    two = _two(workspaces, tmp_path, _rewrite(row("t1", "righter", id="a"), *ROWS[1:]))
    assert two.told("evidence") == {"agents/a": ("changed", "log")}
    assert two.told("sft") == {"agents/a": ("changed", "log")}
    assert two.told("preference") == {"agents/a over agents/b": ("changed", "log")}
    (told,) = two.rows("sft")
    assert "text" in told.change.what
    assert told.row_before is not None
    assert told.row_after is not None
    assert told.row_before["messages"][-1]["content"] == "right"
    assert told.row_after["messages"][-1]["content"] == "righter"


def test_a_record_that_only_moved_is_no_change(workspaces: Workspaces, tmp_path: Path) -> None:
    """A line put before the others shifts all byte ranges; the rows are counted as moved."""
    two = _two(workspaces, tmp_path, _rewrite(row("t0", "first", None, id="z"), *ROWS))
    assert set(two.told("evidence")) == {"agents/z"}
    assert two.told("sft") == {}


def test_another_verdict_in_the_record_is_put_down_to_the_verdict(
    workspaces: Workspaces, tmp_path: Path
) -> None:
    """Same content, other verdict: the category turns, and rows come and go by the verdict."""
    two = _two(workspaces, tmp_path, _rewrite(ROWS[0], row("t1", "wrong", True, id="b"), *ROWS[2:]))
    assert two.told("evidence") == {"agents/b": ("changed", "verdict")}
    assert two.told("scored") == {"agents/b": ("changed", "verdict")}
    assert two.told("sft") == {"agents/b": ("added", "verdict")}
    assert two.told("sft", "quarantine") == {"agents/b": ("removed", "verdict")}
    (told,) = two.rows("sft")
    assert str(told.change.before) == "quarantined: unsafe_sft_category"
    assert str(told.change.after) == "accepted"


def test_a_review_is_put_down_to_the_verdict(workspaces: Workspaces, tmp_path: Path) -> None:
    """A decision in reviews/ changes no log."""

    def review(root: Path) -> None:
        decision = {"run": "agents/d", "decision": "accepted", "reviewer": "kim"}
        decision |= {"time": "2026-11-02T09:00:00Z", "note": "", "content_digest": _content(root)}
        (root / "reviews").mkdir()
        (root / "reviews/kim.jsonl").write_bytes(lines([decision]))

    two = _two(workspaces, tmp_path, review)
    assert two.told("evidence") == {"agents/d": ("changed", "verdict")}
    assert two.told("scored") == {"agents/d": ("changed", "verdict")}
    assert two.told("sft") == {"agents/d": ("added", "verdict")}
    assert "reviews/kim.jsonl" in two.rows("evidence")[0].why


def _content(root: Path) -> str:
    (record,) = (r for r in read_jsonl(root / "data/evidence/agents") if r["run_id"] == "agents/d")
    return str(record["content_digest"])


def test_a_flag_of_an_export_is_put_down_to_the_policy(
    workspaces: Workspaces, tmp_path: Path
) -> None:
    """include_partial lets a row in whose run is as it was."""
    two = _two(workspaces, tmp_path, _append("\n[exports.sft]\ninclude_partial = true\n"))
    assert two.told("scored") == {}
    assert two.told("sft") == {"agents/c": ("added", "policy")}
    assert two.told("sft", "quarantine") == {"agents/c": ("removed", "policy")}


def test_a_threshold_is_put_down_to_the_policy(workspaces: Workspaces, tmp_path: Path) -> None:
    """A score that the policy measures otherwise changes category, and that reaches the exports."""
    configuration = MAPPED + 'run_id = "/id"\n' + _SCORED
    rows = [row("t1", "middling", id="a", score=0.7)]
    two = workspaces.two(
        tmp_path,
        configuration + _threshold(0.9),
        {"logs/a.jsonl": lines(rows)},
        lambda root: (root / "distill.toml").write_text(configuration + _threshold(0.6)),
    )
    assert two.told("evidence") == {}
    assert two.told("scored") == {"agents/a": ("changed", "policy")}
    assert two.told("sft") == {"agents/a": ("added", "policy")}


_SCORED = """
[sources.agents.verdict]
pointer = "/score"
name = "quality"
origin = "deterministic_check"
"""


def _threshold(accepted: float) -> str:
    return (
        f"[scoring.thresholds.quality]\naccepted = {accepted}\npartially_accepted = 0.1\n"
        'polarity = "higher_is_better"\n'
    )


def test_another_reading_of_the_log_is_put_down_to_the_policy(
    workspaces: Workspaces, tmp_path: Path
) -> None:
    """The same bytes under another table of the source: no log changed, and no verdict."""
    two = _two(
        workspaces,
        tmp_path,
        lambda root: (root / "distill.toml").write_text(
            NAMED.replace(
                'partially_accepted = ["partly"]', 'rejected = [false, "partly"]'
            ).replace("rejected = [false]\n", "")
        ),
    )
    assert two.told("evidence") == {"agents/c": ("changed", "policy")}
    assert two.told("scored") == {"agents/c": ("changed", "policy")}


def test_a_licence_is_put_down_to_the_policy(workspaces: Workspaces, tmp_path: Path) -> None:
    """Metadata that distill.toml gives."""
    two = _two(
        workspaces,
        tmp_path,
        lambda root: (root / "distill.toml").write_text(NAMED.replace("MIT", "Apache-2.0")),
    )
    assert two.causes("evidence") == {"policy"}
    assert two.causes("rag") == {"policy"}


def test_a_contradiction_is_a_knock_on(workspaces: Workspaces, tmp_path: Path) -> None:
    """A run whose output another run now has with an opposite verdict did not change itself."""
    twin = row("t1", "right", False, id="e")
    two = _two(workspaces, tmp_path, _rewrite(*ROWS, twin))
    assert two.told("evidence") == {"agents/e": ("added", "log")}
    assert two.told("scored")["agents/a"] == ("changed", "pairing")
    assert two.told("sft") == {"agents/a": ("removed", "pairing")}


def test_an_inherited_category_is_a_knock_on(workspaces: Workspaces, tmp_path: Path) -> None:
    """An extraction takes its parent's category; only the parent's verdict changed."""
    extraction = """
[sources.facts]
kind = "distilled_facts"
paths = ["facts.jsonl"]
role = "train"
licence = "MIT"
"""
    fact = {"fact_id": "f1", "fact": "A fact.", "file": "t1.py"}
    logs = [row("t1", "right", id="a", file="t1.py")]
    two = workspaces.two(
        tmp_path,
        MAPPED + 'run_id = "/id"\nsubject = "/file"\n' + VERDICT + extraction,
        {"logs/a.jsonl": lines(logs), "facts.jsonl": lines([fact])},
        _rewrite(row("t1", "right", False, id="a", file="t1.py")),
    )
    scored = two.told("scored")
    assert scored["agents/a"] == ("changed", "verdict")
    (inherited,) = (found for run, found in scored.items() if run != "agents/a")
    assert inherited == ("changed", "pairing")


def test_a_pair_pushed_out_by_others_is_a_knock_on(workspaces: Workspaces, tmp_path: Path) -> None:
    """With a cap of one pair a run that sorts first takes the place of a pair whose runs stay."""
    two = _two(
        workspaces,
        tmp_path,
        _rewrite(row("t1", "best", id="0"), *ROWS),
        NAMED + "\n[exports.preference]\nmax_pairs_per_task = 1\n",
    )
    assert two.told("preference") == {
        "agents/0 over agents/b": ("added", "log"),
        "agents/a over agents/b": ("removed", "pairing"),
    }


def test_a_cap_on_pairs_is_put_down_to_the_policy(workspaces: Workspaces, tmp_path: Path) -> None:
    """Runs and neighbours are as they were; the setting is not."""
    rows = [*ROWS, row("t1", "worse", False, id="e")]
    two = workspaces.two(
        tmp_path,
        NAMED,
        {"logs/a.jsonl": lines(rows)},
        _append("\n[exports.preference]\nmax_pairs_per_task = 1\n"),
    )
    assert two.told("preference") == {"agents/a over agents/e": ("removed", "policy")}


def test_a_conflict_of_ids_is_put_down_to_the_log(workspaces: Workspaces, tmp_path: Path) -> None:
    """A second content under an id puts both in quarantine; the first record is as it was."""
    two = _two(workspaces, tmp_path, _rewrite(*ROWS, row("t1", "another", id="a")))
    assert two.told("evidence") == {"agents/a": ("removed", "log")}
    assert two.causes("evidence", "quarantine") == {"log"}


def test_a_record_that_was_mended_is_put_down_to_the_log(
    workspaces: Workspaces, tmp_path: Path
) -> None:
    """What was in quarantine for its syntax is a run now."""
    two = workspaces.two(
        tmp_path,
        NAMED,
        {"logs/a.jsonl": lines(ROWS[:1]) + b'{"task": "t9", \n'},
        _rewrite(ROWS[0], row("t9", "mended", id="e")),
    )
    assert two.told("evidence") == {"agents/e": ("added", "log")}
    assert two.causes("evidence", "quarantine") == {"log"}


def test_a_listing_beside_the_log_is_put_down_to_the_log(
    workspaces: Workspaces, tmp_path: Path
) -> None:
    """A task table that gives another prompt is an input, though the raw record is the same."""
    configuration = NAMED.replace(
        'prompt = "/prompt"\n',
        'task_table = { paths = ["tasks.jsonl"], task_id = "/id", prompt = "/ask" }\n',
    )
    two = workspaces.two(
        tmp_path,
        configuration,
        {"logs/a.jsonl": lines(ROWS[:1]), "tasks.jsonl": lines([{"id": "t1", "ask": "Please."}])},
        lambda root: (root / "tasks.jsonl").write_bytes(lines([{"id": "t1", "ask": "Now."}])),
    )
    assert two.told("evidence") == {"agents/a": ("changed", "log")}


def test_an_orphaned_verdict_is_put_down_to_the_verdict(
    workspaces: Workspaces, tmp_path: Path
) -> None:
    """A review of a run that is not there is in the evidence's list of unattached verdicts."""

    def review(root: Path) -> None:
        decision = {"run": "agents/nobody", "content_digest": "0" * 64, "decision": "accepted"}
        decision |= {"time": "2026-11-02T09:00:00Z", "note": "", "reviewer": "kim"}
        (root / "reviews").mkdir()
        (root / "reviews/kim.jsonl").write_bytes(lines([decision]))

    two = _two(workspaces, tmp_path, review)
    (told,) = two.rows("evidence", "unattached")
    assert (told.change.change, told.cause.value) == ("added", "verdict")
    assert str(told.change.after) == "orphaned"


def test_other_code_is_put_down_to_the_code(workspaces: Workspaces, tmp_path: Path) -> None:
    """The same logs and settings, another rendering: RAG rows change by the code alone."""
    root, code = tmp_path / "workspace", tmp_path / "code"
    before = workspaces.copy(root, NAMED, {"logs/a.jsonl": lines(ROWS)})
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(Path(distill.__file__).parent, code / "distill", ignore=ignored)
    helper = code / "distill/exports/rendering.py"
    helper.write_text(helper.read_text().replace('f"[{message.role}]"', 'f"<{message.role}>"'))
    subprocess.run(
        [sys.executable, "-m", "distill.cli", "run", "-q", "--workspace", str(root)],
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1", "PYTHONPATH": str(code)},
        cwd=code,
        check=True,
    )
    store = open_workspace(root).receipts
    newest = {name: store.newest_passed(stage) for stage, name in SETS.items()}
    two = Two(root, before, {name: r.digest.hex for name, r in newest.items() if r is not None})
    assert two.causes("rag") == {"code"}
    assert {told.change.change for told in two.rows("rag")} == {"changed"}


def test_a_flag_is_named_where_the_text_changed_too(workspaces: Workspaces, tmp_path: Path) -> None:
    """A refusal for its category looks at no text: the flag let the run in, not the new answer."""

    def change(root: Path) -> None:
        _append("\n[exports.sft]\ninclude_partial = true\n")(root)
        _rewrite(*ROWS[:2], row("t2", "halves", "partly", id="c"), ROWS[3])(root)

    two = _two(workspaces, tmp_path, change)
    assert two.told("evidence") == {"agents/c": ("changed", "log")}
    assert two.told("sft") == {"agents/c": ("added", "policy")}
