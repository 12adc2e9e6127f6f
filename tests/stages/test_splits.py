"""Splits by group: what belongs together stays together, and nothing ever moves."""

import json
import random
import tempfile
from collections.abc import Sequence
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from distill.cli.main import main
from distill.errors import ConfigurationError, ContractError
from distill.firewall import split_leak
from distill.firewall.minhash import shingles_of, similarity
from distill.firewall.splits import SPLITS, Splits, position_of
from distill.workspace.configuration import load_configuration
from tests.exports.builders import evidence
from tests.workspaces import MAPPED, VERDICT, lines, make_workspace, read_jsonl, row, run_all

SPLIT = "[exports]\nsplits = { validation = 20, test = 20 }\n"
SETS = ("rag", "sft", "preference")


def rows(tasks: Sequence[int], prompts: int = 10**6) -> list[dict[str, Any]]:
    """Two runs of each task, one good; tasks that are equal modulo `prompts` ask nearly the same.

    Every run has an output of its own.
    """
    return [
        row(f"t{task}", f"answer {task} {passed}", passed, prompt=asking(task, prompts))
        for task in tasks
        for passed in (True, False)
    ]


def asking(task: int, prompts: int) -> str:
    """A prompt of sixty words, of which one is the task's own."""
    draw = random.Random(task % prompts)  # noqa: S311 - a text, no secret
    words = [f"w{draw.randrange(1000)}" for _ in range(60)]
    words[30] = f"task{task}"
    return " ".join(words)


def splits_of(root: Path, name: str) -> dict[str, str]:
    """Return the split of every row of a set, by the id of its run; of a pair, the chosen one."""
    found = {}
    for split in SPLITS:
        for path in sorted((root / "exports" / name).glob(f"{split}-*.jsonl")):
            for one in read_jsonl(path):
                found[one.get("source_run_id") or one["chosen_run_id"]] = split
    return found


def made(root: Path, log: list[dict[str, Any]], toml: str = MAPPED + VERDICT + SPLIT) -> Any:
    """Run all stages over a log."""
    return run_all(make_workspace(root, toml, {"logs/a.jsonl": lines(log)}))


def test_groups_are_split_by_the_hash_of_their_key() -> None:
    """A fifth and a fifth, and the same in every set; the receipt says that it was checked."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        outcomes = made(root, rows(range(200)))
        found = {name: splits_of(root, name) for name in SETS}
        assert found["rag"] == found["sft"] == found["preference"]
        sizes = [list(found["sft"].values()).count(split) for split in SPLITS]
        assert sum(sizes) == 200
        assert 90 < sizes[0] < 150
        assert all(20 < size < 60 for size in sizes[1:])
        laws = {law.name: law for law in outcomes["export_sft"].receipt.claim.laws}
        assert dict(laws["no prompt stands in two splits"].left) == dict(
            zip(SPLITS, sizes, strict=True)
        )
        assert dict(laws["every row lies in the split of its group"].right) == {
            "in the split of their group": 200
        }
        card = (root / "exports/sft/README.md").read_text()
        assert "  - split: test\n    path: test-*.jsonl" in card
        assert f"| rows in validation | {sizes[1]} |" in card


@given(
    tasks=st.lists(st.integers(0, 60), min_size=1, max_size=30, unique=True),
    prompts=st.sampled_from([7, 25, 10**6]),
    grown=st.lists(st.integers(0, 120), max_size=30),
)
@settings(max_examples=6)
def test_growth_moves_no_row(tasks: list[int], prompts: int, grown: list[int]) -> None:
    """A row may go where a set grows, and come; what stays is in the split where it was."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        made(root, rows(tasks, prompts))
        before = {name: splits_of(root, name) for name in SETS}
        more = [task for task in dict.fromkeys(grown) if task not in tasks]
        made(root, [*rows(more[::2], prompts), *rows(tasks, prompts), *rows(more[1::2], prompts)])
        for name in SETS:
            after = splits_of(root, name)
            assert {run: after.get(run, split) for run, split in before[name].items()} == (
                before[name]
            )


@given(
    tasks=st.lists(st.integers(0, 80), min_size=2, max_size=40, unique=True),
    prompts=st.sampled_from([3, 8, 20]),
)
@settings(max_examples=5)
def test_no_prompt_is_like_one_of_another_split(tasks: list[int], prompts: int) -> None:
    """Held against comparing every two prompts; and what stays out is of the lesser split."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        made(root, rows(tasks, prompts))
        splits = Splits(validation=20, test=20)
        kept = splits_of(root, "sft")
        asked = {
            one["run_id"]: one["messages"][0]["content"]
            for one in read_jsonl(root / "data/evidence")
        }
        sets = {run: shingles_of(asked[run]) for run in kept}
        for one, other in combinations(kept, 2):
            if kept[one] != kept[other]:
                assert similarity(sets[one], sets[other]) < 800
        scored = {one["run_id"]: one for one in read_jsonl(root / "data/scored")}
        leaks = [
            one
            for one in read_jsonl(root / "quarantine/export_sft.jsonl")
            if one["reason"] == "split_leak"
        ]
        for leak in leaks:
            floor = scored[leak["ids"][0]]["split_floor"]
            assert f"to {splits.split_at(floor)}" in leak["detail"]


def test_the_law_finds_what_the_gate_lets_through(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without the gate, the written files are found to break it, and nothing is published."""
    log = rows(range(40), 1)
    for one in log:
        one["prompt"] = "One prompt for all of them."
    monkeypatch.setattr(split_leak, "_check_side", lambda *_: None)
    with pytest.raises(ContractError, match="no prompt stands in two splits"):
        made(tmp_path, log)
    assert not (tmp_path / "exports/sft/train-00000.jsonl").exists()


def test_a_repository_is_one_group() -> None:
    """However it is written, and whatever the task."""
    of = [
        evidence("d/a", task="t1", repository="acme/ledger"),
        evidence("d/b", task="t2", repository="Acme/Ledger.git"),
    ]
    assert len({position_of(record) for record in of}) == 1
    tasks = [evidence(f"d/{task}", task=task) for task in ("t1", "t2")]
    assert len({position_of(record) for record in tasks}) == 2


def test_without_splits_there_are_no_files_of_any(tmp_path: Path) -> None:
    """The default: all rows train, and nothing says otherwise."""
    made(tmp_path, rows(range(20)), MAPPED + VERDICT)
    assert {path.name for path in (tmp_path / "exports/sft").iterdir()} == {
        "README.md",
        "train-00000.jsonl",
    }
    assert all(one["split_floor"] is None for one in read_jsonl(tmp_path / "data/scored"))


def test_a_change_of_the_shares_reads_no_log_and_scores_nothing(tmp_path: Path) -> None:
    """Only the exports run; and a row that was tested on goes on being tested on."""
    made(tmp_path, rows(range(60)))
    before = splits_of(tmp_path, "sft")
    wider = MAPPED + VERDICT + SPLIT.replace("test = 20", "test = 30")
    again = run_all(make_workspace(tmp_path, wider, {}))
    assert again["build_evidence_index"].status == again["score_runs"].status == "skipped"
    assert again["export_sft"].status == "ran"
    after = splits_of(tmp_path, "sft")
    assert all(after[run] == "test" for run, split in before.items() if split == "test")


@pytest.mark.parametrize(
    "said",
    [
        "[exports]\nsplits = { validation = 60, test = 40 }\n",
        "[exports]\nsplits = { }\n",
        "[exports]\nsplits = { train = 90 }\n",
        "[exports.sft]\nsplits = { test = 5 }\n",
    ],
)
def test_splits_that_are_none_are_refused(tmp_path: Path, said: str) -> None:
    """Nothing left to train on, nothing split off, an unknown name, one set alone."""
    make = tmp_path / "distill.toml"
    make.write_text(MAPPED + VERDICT + said)
    with pytest.raises(ConfigurationError):
        load_configuration(tmp_path)


def test_verify_and_explain_know_the_files(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Rows of every split are held against the schemas, and found by their id."""
    made(tmp_path, rows(range(60)))
    tested = read_jsonl(tmp_path / "exports/sft/test-00000.jsonl")
    assert main(["verify", "--deep", "--workspace", str(tmp_path)]) == 0
    assert main(["explain", tested[0]["id"], "--workspace", str(tmp_path)]) == 0
    assert "exports/sft/test-00000.jsonl" in capsys.readouterr().out
    assert json.dumps(tested[0])
