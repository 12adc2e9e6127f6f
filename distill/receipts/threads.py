"""One piece of work for each thing of a list, by several threads at once.

Bare threads: a pool's import costs as much as reading a hundred small files.
"""

import threading
from collections import deque
from collections.abc import Callable, Sequence
from typing import TypeVar

Thing = TypeVar("Thing")
Result = TypeVar("Result")


def by_threads(
    work: Callable[[Thing], Result], things: Sequence[Thing], threads: int
) -> list[Result]:
    """Return what ``work`` gives of each thing, in order, by so many threads, this one among them.

    When it returns or raises, no thread is at work any more.

    Raises:
        BaseException: what one of the calls raised; none is begun after it.
    """
    left = deque(enumerate(things))
    results: dict[int, Result] = {}
    failures: list[BaseException] = []

    def take() -> None:
        while left:
            try:
                index, thing = left.popleft()
            except IndexError:  # another thread took the last one
                return
            try:
                results[index] = work(thing)
            except BaseException as error:  # noqa: BLE001 - raised again by the thread that asked
                failures.append(error)
                left.clear()

    others = [threading.Thread(target=take) for _ in range(min(threads, len(things)) - 1)]
    for other in others:
        other.start()
    take()
    for other in others:
        other.join()
    if failures:
        raise failures[0]
    return [results[index] for index in range(len(things))]
