"""How many tasks are paired at once: as many as the usual run allows, and never for the output."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from distill.receipts.incremental.passes import Mapped
from distill.receipts.incremental.worker_count import WORKERS
from distill.stages import pairing, preference
from distill.stages.scored_groups import Group
from tests.incremental.small import made
from tests.workspaces import MAPPED, VERDICT, lines, row

CONFIGURATION = MAPPED + VERDICT
RUNS = [row(f"t{number // 4}", f"answer {number}", number % 2 == 0) for number in range(200)]


@pytest.mark.parametrize(("at_once", "most"), [(1, 4), (2**20, 2**20)])
def test_what_is_in_memory_together_is_bounded_by_its_evidence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at_once: int, most: int
) -> None:
    """Long runs are paired a task at a time, short ones many together, with the same bytes."""
    monkeypatch.setenv(WORKERS, "1")
    calls: list[int] = []
    start = pairing.start_pairing

    def counting(*given: Any) -> Callable[[Sequence[Group]], list[Mapped]]:
        pair = start(*given)

        def counted(groups: Sequence[Group]) -> list[Mapped]:
            calls.append(sum(len(one.members) for one in groups))
            return pair(groups)

        return counted

    logs = {"logs/a.jsonl": lines(RUNS)}
    roots = [tmp_path / name for name in ("usual", "counted")]
    for root in roots:
        for name, content in logs.items():
            (root / name).parent.mkdir(parents=True)
            (root / name).write_bytes(content)
    usual = made(roots[0], CONFIGURATION)
    monkeypatch.setattr(preference, "_AT_ONCE", at_once)
    monkeypatch.setattr(preference, "start_pairing", counting)
    assert made(roots[1], CONFIGURATION) == usual
    assert sum(calls) == len(RUNS)
    assert max(calls) <= most
    assert (len(calls) < 20) == (most > 4)
