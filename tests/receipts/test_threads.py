"""Work by several threads: all results in order, and no failure is lost."""

import threading

import pytest

from distill.receipts.threads import by_threads


@pytest.mark.parametrize("number", [0, 1, 2, 40])
def test_results_stand_in_the_order_of_the_things(number: int) -> None:
    """Whoever ends first, and however few things there are."""
    assert by_threads(str, range(number), 8) == [str(one) for one in range(number)]


def test_as_many_threads_work_as_were_asked_for() -> None:
    """Each of four waits for the three others."""
    others = threading.Barrier(4, timeout=30)
    by_threads(lambda _: others.wait(), range(4), 4)


@pytest.mark.parametrize("failure", [OSError, IndexError, KeyboardInterrupt])
def test_what_a_call_raised_is_raised_when_nobody_works_any_more(
    failure: type[BaseException],
) -> None:
    """Also what a thread with nothing left to take would raise itself."""

    def work(number: int) -> int:
        if number == 5:
            raise failure
        return number

    before = threading.active_count()
    with pytest.raises(failure):
        by_threads(work, range(40), 4)
    assert threading.active_count() == before
