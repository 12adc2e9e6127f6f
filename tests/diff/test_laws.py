"""Laws of a diff on random changes, counted again from copies of the files of both states."""

import json
import random
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from distill.diff.result import open_diff
from distill.workspace.project import open_workspace
from tests.diff.states import Two, run_state
from tests.diff.test_causes import NAMED
from tests.workspaces import lines, make_workspace, read_jsonl, row

ANSWERS = ("yes", "no", "perhaps", "both")
VERDICTS = (True, False, "partly", "timeout", None)
FOLDERS = {
    "evidence": "data/evidence/agents",
    "scored": "data/scored/agents",
    "rag": "exports/rag",
    "sft": "exports/sft",
    "preference": "exports/preference",
}


def _log(dice: random.Random, number: int) -> list[dict[str, Any]]:
    return [
        row(f"t{dice.randrange(3)}", dice.choice(ANSWERS), dice.choice(VERDICTS), id=f"r{one}")
        for one in range(number)
    ]


def _change(dice: random.Random, log: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Edit, judge anew, drop, repeat and add records, in any order."""
    changed = []
    for one in log:
        roll = dice.random()
        if roll < 0.1:
            continue
        new = dict(one)
        if roll < 0.25:
            new["answer"] = dice.choice(ANSWERS)
        elif roll < 0.4:
            new["passed"] = dice.choice(VERDICTS)
        changed.append(new)
        if roll > 0.95:
            changed.append({**new, "answer": dice.choice(ANSWERS)})
    changed += [row("t1", dice.choice(ANSWERS), id=f"n{one}") for one in range(dice.randrange(3))]
    dice.shuffle(changed)
    return changed


def _settings(dice: random.Random) -> str:
    flag = str(dice.random() < 0.5).lower()
    return (
        f"[exports.sft]\ninclude_partial = {flag}\n"
        f"[exports.preference]\nmax_pairs_per_task = {dice.randrange(1, 4)}\n"
    )


def _key(name: str, one: Mapping[str, Any]) -> tuple[str, ...]:
    if name == "preference":
        return (one["chosen_run_id"], one["rejected_run_id"])
    return (one["run_id"] if name in {"evidence", "scored"} else one["source_run_id"],)


def _says(one: Any) -> Any:
    """Return what a row says, without where it or its raw record stands."""
    if isinstance(one, dict):
        places = {"start", "end", "line", "evidence"}
        return {key: _says(value) for key, value in one.items() if key not in places}
    return [_says(item) for item in one] if isinstance(one, list) else one


def _rows(root: Path) -> dict[str, dict[tuple[str, ...], Any]]:
    return {
        name: {_key(name, one): _says(one) for one in read_jsonl(root / folder)}
        for name, folder in FOLDERS.items()
    }


@pytest.mark.parametrize(
    "seed", [*range(3), *(pytest.param(seed, marks=pytest.mark.full) for seed in range(3, 25))]
)
def test_a_diff_is_the_difference_of_the_files(seed: int, tmp_path: Path) -> None:
    """Added, removed and changed are those of a plain comparison, and no cause is unknown."""
    dice = random.Random(seed)  # noqa: S311 - a seeded die of a test
    log, root = _log(dice, 14), tmp_path / "workspace"
    make_workspace(root, NAMED + _settings(dice), {"logs/a.jsonl": lines(log)})
    before, old = run_state(root), _rows(root)
    (root / "logs/a.jsonl").write_bytes(lines(_change(dice, log)))
    (root / "distill.toml").write_text(NAMED + _settings(dice))
    two, new = Two(root, before, run_state(root)), _rows(root)
    for name in FOLDERS:
        found = {tuple(t.change.runs): t for t in two.rows(name)}
        assert {key for key, told in found.items() if told.change.change == "added"} == (
            new[name].keys() - old[name].keys()
        )
        assert {key for key, told in found.items() if told.change.change == "removed"} == (
            old[name].keys() - new[name].keys()
        )
        assert {key for key, told in found.items() if told.change.change == "changed"} == {
            key for key in old[name].keys() & new[name].keys() if old[name][key] != new[name][key]
        }
        for place in ("rows", "quarantine"):
            unknown = [t for t in two.rows(name, place) if t.cause.value == "unknown"]
            assert [json.dumps(told.as_json()) for told in unknown] == []
    _balance(two)


def _balance(two: Two) -> None:
    """Law: rows of A + added - removed = rows of B, for every set and its quarantine."""
    workspace = open_workspace(two.root).workspace
    for name in FOLDERS:
        records = {"rows": [0, 0], "quarantine": [0, 0]}
        for side, state in enumerate((two.before, two.after)):
            receipt = next(
                r for r in open_workspace(two.root).receipts.all() if r.digest.hex == state[name]
            )
            for entry in receipt.claim.outputs:
                place = "quarantine" if entry.role == "quarantine" else "rows"
                if not entry.path.endswith("unattached.jsonl"):
                    records[place][side] += entry.records or 0
        with open_diff(workspace, two.before[name], two.after[name]) as diff:
            for one in diff.numbers():
                if one.place == "unattached":
                    continue
                a, b = records[one.place]
                totals = one.totals
                assert a + totals["added"] - totals["removed"] == b
                assert a == totals["removed"] + totals["changed"] + totals["moved"] + totals["same"]
                assert sum(one.by_cause.values()) == sum(
                    totals[kind] for kind in ("added", "removed", "changed")
                )
