"""What the preference receipt counts where one run id stands in several tasks."""

from pathlib import Path
from typing import Any

import pytest

from distill.exports.settings import PreferenceSettings
from distill.receipts import Outcome, Workspace, workspace_scope
from distill.receipts.digest import blake3_hex
from distill.records.scored import EvidenceRef
from distill.stages.preference import write_preference
from tests.exports.builders import ACCEPTED, REJECTED, REVIEW, evidence, score
from tests.workspaces import counts

#: Run, task, category and other fields; `x` stands in three tasks and is in a pair of one, `y`
#: twice in one task.
RUNS: tuple[tuple[str, str, Any, dict[str, Any]], ...] = (
    ("x", "a", ACCEPTED, {}),
    ("y", "a", REJECTED, {}),
    ("y", "a", REVIEW, {"source": "other"}),
    ("x", "b", ACCEPTED, {}),
    ("x", "c", REVIEW, {"source": "other"}),
    ("z", "d", ACCEPTED, {"subject": "s"}),
    ("z", "e", ACCEPTED, {}),
    ("w", "f", REJECTED, {"subject": "s", "source": "other"}),
)


def paired(root: Path, *, cross_source: bool) -> Outcome:
    """Write the runs as evidence and scored lines, and pair them."""
    places = [root / "data" / top / "part-00000.jsonl" for top in ("evidence", "scored")]
    start, lines, decided = 0, [], []
    for name, task, category, fields in RUNS:
        record = evidence(f"trial/{name}", task=task, **fields)
        line = record.to_line()
        ref = EvidenceRef(
            path="data/evidence/part-00000.jsonl",
            start=start,
            end=start + len(line),
            blake3=blake3_hex(line),
        )
        start += len(line)
        lines.append(line)
        decided.append(score(record, category, evidence=ref).to_line())
    for place, content in zip(places, (lines, decided), strict=True):
        place.parent.mkdir(parents=True)
        place.write_bytes(b"".join(content))
    with workspace_scope(Workspace(root)):
        made: Outcome = write_preference(
            [places[1]],
            [places[0]],
            settings=PreferenceSettings(cross_source=cross_source),
            rows=root / "exports",
            quarantine=root / "quarantine.jsonl",
        )
    return made


@pytest.mark.parametrize(
    ("cross_source", "in_pairs", "by_source"),
    [(False, 3, {"trial": (2, 3), "other": (1, 2)}), (True, 6, {"trial": (4, 1), "other": (2, 1)})],
)
def test_a_run_id_in_several_tasks_is_counted_in_each(
    tmp_path: Path, cross_source: bool, in_pairs: int, by_source: dict[str, tuple[int, int]]
) -> None:
    """Every run is paired or unpaired, in total and per source; by id in a task or subject."""
    claim = paired(tmp_path, cross_source=cross_source)
    total, causes = counts(claim), counts(claim, "by_unpaired_cause")
    assert (total["scored"], total["paired"]) == (len(RUNS), in_pairs)
    assert total["unpaired"] == sum(causes.values()) == len(RUNS) - in_pairs
    of = claim.receipt.claim.counts["by_source"]
    told = {name: (one["paired"], one["unpaired"]) for name, one in of.items()}  # type: ignore[union-attr, index]
    assert told == by_source
    laws = [law for law in claim.receipt.claim.laws if "unpaired" in law.right]
    assert len(laws) == 3
    assert all(sum(law.left.values()) == sum(law.right.values()) for law in laws)
