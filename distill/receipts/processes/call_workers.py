"""Other processes that make calls of stages, for `distill.receipts.processes.several_calls`.

Each makes its calls with its share of the workers: the cores are busy with what runs beside it.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence

from distill.receipts.outcome import Outcome
from distill.receipts.recording import Later


class CallWorkers(ABC):
    """The calls that run in other processes, at most so many at once; ``numbers`` are theirs."""

    def __init__(self, calls: Sequence[Later], most: int) -> None:
        self.calls, self.most = calls, most
        self.numbers: set[int] = set()

    @property
    def is_alone(self) -> bool:
        """Whether nothing can run beside this process."""
        return self.most < 2

    def begin(self, number: int) -> bool:
        """Begin a call, unless as many run as may."""
        if len(self.numbers) >= self.most:
            return False
        self._begin(number)
        self.numbers.add(number)
        return True

    def ended(
        self, meanwhile: Callable[[], None] | None = None
    ) -> Iterator[tuple[int, Callable[[], Outcome]]]:
        """Wait until some end; yield their numbers with what returns the outcome or raises.

        ``meanwhile`` is called some times a second. Nothing is waited for where none runs.
        """
        if self.numbers:
            for number, outcome in self._ended(meanwhile):
                self.numbers.discard(number)
                yield number, outcome

    @abstractmethod
    def _begin(self, number: int) -> None:
        """Begin a call."""

    @abstractmethod
    def _ended(
        self, meanwhile: Callable[[], None] | None
    ) -> Iterator[tuple[int, Callable[[], Outcome]]]:
        """Do what `ended` does, where some run."""
