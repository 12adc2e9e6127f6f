"""Workers: several threads of one process share the cores that there are."""

from operator import attrgetter
from typing import Any

import pytest

from distill.receipts.incremental import workers
from distill.receipts.incremental.workers import WORKERS, WORTH_WORKERS, in_order

JOBS = [(number, WORTH_WORKERS) for number in range(6)]


def test_flows_that_work_at_once_share_the_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever comes first has all of them, others one each; what ended is given back."""
    hired: list[int] = []
    own = workers.hire

    def hire(number: int, *given: Any) -> Any:
        hired.append(number)
        return own(number, *given)

    monkeypatch.setattr(workers, "hire", hire)
    monkeypatch.setenv(WORKERS, "2")
    both = [in_order(attrgetter, ("real",), JOBS) for _ in range(2)]
    found = list(zip(*both, strict=True))
    assert found == [(number, number) for number, _ in JOBS]
    assert hired == [2, 1]
    assert list(in_order(attrgetter, ("real",), JOBS)) == [number for number, _ in JOBS]
    assert hired == [2, 1, 2]
