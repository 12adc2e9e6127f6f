"""How a stage tells how far it is, without knowing who listens."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol


class Bar(Protocol):
    """One stage's progress."""

    def advance(self, units: int) -> None:
        """Say that `units` more are done."""


class Progress(Protocol):
    """Somebody who listens to the progress of stages."""

    def stage(self, name: str, total: int) -> AbstractContextManager[Bar]:
        """Begin a stage of `total` units (bytes of input)."""

    def beside(self) -> AbstractContextManager[Callable[[], None] | None]:
        """Surround stages that run in several processes.

        What is yielded shows what they told since; call it some times a second. Null: nobody looks.
        """


class _SilentBar:
    def advance(self, units: int) -> None:
        """Tell nobody."""


class _Silent:
    @contextmanager
    def stage(self, name: str, total: int) -> Iterator[Bar]:  # noqa: ARG002 - the protocol's names
        yield _SilentBar()

    @contextmanager
    def beside(self) -> Iterator[None]:
        yield


SILENT: Progress = _Silent()
