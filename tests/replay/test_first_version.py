"""The exporters on a corpus of the shape of the first version's published run."""

from pathlib import Path

import pytest

from distill.exports.settings import PreferenceSettings, RagSettings, SftSettings
from distill.receipts import Outcome, Workspace, workspace_scope
from distill.stages.preference import write_preference
from distill.stages.rag import write_rag
from distill.stages.sft import write_sft
from tests.replay.generator import write_scored_workspace


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Outcome]:
    """The three exporters, run once on the generated corpus."""
    root: Path = tmp_path_factory.mktemp("replay")
    evidence, scored = write_scored_workspace(root)
    quarantine = root / "quarantine"
    with workspace_scope(Workspace(root)):
        return {
            "rag": write_rag(
                [scored],
                [evidence],
                settings=RagSettings(),
                rows=root / "exports/rag",
                quarantine=quarantine / "export_rag.jsonl",
            ),
            "sft": write_sft(
                [scored],
                [evidence],
                settings=SftSettings(),
                rows=root / "exports/sft",
                quarantine=quarantine / "export_sft.jsonl",
            ),
            "preference": write_preference(
                [scored],
                [evidence],
                settings=PreferenceSettings(),
                rows=root / "exports/preference",
                quarantine=quarantine / "export_preference.jsonl",
            ),
        }


def _numbers(outcome: Outcome, group: str) -> dict[str, int]:
    counts = outcome.receipt.claim.counts[group]
    assert not isinstance(counts, int)
    return {name: number for name, number in counts.items() if isinstance(number, int)}


def test_rag_exports_accepted_and_partially_accepted_with_text(
    outcomes: dict[str, Outcome],
) -> None:
    """1,052 scored: 446 exported (351 + 95) and 606 quarantined (536 by category, 70 blank)."""
    total = _numbers(outcomes["rag"], "total")
    assert (total["scored"], total["exported"], total["quarantined"]) == (1052, 446, 606)
    assert _numbers(outcomes["rag"], "by_category") == {"accepted": 351, "partially_accepted": 95}
    assert _numbers(outcomes["rag"], "by_reason")["empty_content"] == 70


def test_sft_exports_accepted_alone(outcomes: dict[str, Outcome]) -> None:
    """351 exported and 701 quarantined, 536 of them as unsafe_sft_category."""
    total = _numbers(outcomes["sft"], "total")
    assert (total["exported"], total["quarantined"]) == (351, 701)
    assert _numbers(outcomes["sft"], "by_reason") == {
        "unsafe_sft_category": 536,
        "category_disallowed": 165,
    }


def test_preference_examines_one_pair_a_task(outcomes: dict[str, Outcome]) -> None:
    """99 pairs examined, 83 exported, 16 quarantined, none of a run with itself."""
    total = _numbers(outcomes["preference"], "total")
    assert (total["examined"], total["exported"], total["quarantined"]) == (99, 83, 16)
    assert "self_pairing" not in _numbers(outcomes["preference"], "by_reason")
