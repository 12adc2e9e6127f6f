"""Progress: a bar a stage on a terminal, nothing elsewhere (the stages' own lines are enough).

Stages that run in processes of their own tell the first process through a pipe, and it draws. A
process that is started anew, not forked, has no end of that pipe, and tells nobody.
"""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Final, Self

from distill.stages.progress import SILENT, Bar, Progress

if TYPE_CHECKING:  # rich costs 60 ms that other commands don't pay
    from rich.progress import Progress as Drawn
    from rich.progress import TaskID

_STEP: Final = 2**18
_PIPE: Final = 2**16


def progress_for(*, quiet: bool) -> Progress:
    """Return bars on standard error where a person looks at it, silence elsewhere."""
    return SILENT if quiet or not sys.stderr.isatty() else TerminalBars()


def _silence() -> Progress:
    return SILENT


class TerminalBars:
    """Draws with rich, which is imported when a stage begins."""

    def __init__(self) -> None:
        self._several: _Several | None = None

    def __reduce__(self) -> tuple[Callable[[], Progress], tuple[()]]:
        """Be silence in a process that is started anew, where our descriptors are another's."""
        return _silence, ()

    @contextmanager
    def stage(self, name: str, total: int) -> Iterator[Bar]:
        """Show a bar of so many units as long as the stage runs."""
        several = self._several
        if several is not None and several.is_told:
            bar = Gathered(lambda units: several.tell(name, total, units))
            yield bar
            bar.rest()
            return
        with _drawn() as drawn:
            task = drawn.add_task(name, total=total)
            yield Gathered(lambda units: drawn.advance(task, units))

    @contextmanager
    def beside(self) -> Iterator[Callable[[], None]]:
        """Draw what stages in other processes tell, whenever what is yielded is called."""
        with _Several() as several:
            self._several = several
            try:
                yield several.look
            finally:
                self._several = None


class Gathered:
    """One bar; small steps are gathered, so that telling costs nothing beside the work."""

    def __init__(self, tell: Callable[[int], None]) -> None:
        self._tell = tell
        self._waiting = 0

    def advance(self, units: int) -> None:
        """Say that `units` more are done."""
        self._waiting += units
        if self._waiting >= _STEP:
            self.rest()

    def rest(self) -> None:
        """Tell what was gathered."""
        self._tell(self._waiting)
        self._waiting = 0


class _Several:
    """Bars of stages in several processes, in the one that made this.

    Nobody waits for the pipe: a step that finds it full is not shown.
    """

    def __init__(self) -> None:
        self._process = os.getpid()
        self._read, self._write = os.pipe()
        for end in (self._read, self._write):
            os.set_blocking(end, False)
        self._drawn: Drawn | None = None
        self._tasks: dict[str, TaskID] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._drawn is not None:
            self._drawn.stop()
        os.close(self._read)
        os.close(self._write)

    @property
    def is_told(self) -> bool:
        """Whether a stage is not to draw for itself: it runs elsewhere, or others are drawn."""
        return self._drawn is not None or os.getpid() != self._process

    def tell(self, name: str, total: int, units: int) -> None:
        """Say that so many units more of a stage are done."""
        with suppress(BlockingIOError, BrokenPipeError):
            os.write(self._write, f"{name} {total} {units}\n".encode())
        if os.getpid() == self._process:
            self.look()

    def look(self) -> None:
        """Draw what was told since the last look."""
        try:
            told = os.read(self._read, _PIPE).decode()
        except BlockingIOError:
            return
        if self._drawn is None:
            # No thread of its own draws: with one, no process could be forked any more.
            self._drawn = _drawn(refresh=False)
            self._drawn.start()
        for line in told.splitlines():
            name, total, units = line.split()
            if name not in self._tasks:
                self._tasks[name] = self._drawn.add_task(name, total=int(total))
            self._drawn.advance(self._tasks[name], int(units))
        self._drawn.refresh()


def _drawn(*, refresh: bool = True) -> "Drawn":
    """Return an empty list of bars on standard error."""
    from rich import progress as bars  # noqa: PLC0415 - see the class
    from rich.console import Console  # noqa: PLC0415

    columns = (
        bars.TextColumn("{task.description:22}"),
        bars.BarColumn(),
        bars.DownloadColumn(),
        bars.TimeRemainingColumn(),
    )
    return bars.Progress(
        *columns, console=Console(stderr=True), transient=True, auto_refresh=refresh
    )
