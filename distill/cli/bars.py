"""Progress: a bar a stage on a terminal, nothing elsewhere (the stages' own lines are enough)."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from distill.stages.progress import SILENT, Bar, Progress


def progress_for(*, quiet: bool) -> Progress:
    """Return bars on standard error where a person looks at it, silence elsewhere."""
    return SILENT if quiet or not sys.stderr.isatty() else _TerminalBars()


class _TerminalBars:
    """Draws with rich, imported only here: it costs 60 ms that other commands don't pay."""

    @contextmanager
    def stage(self, name: str, total: int) -> Iterator[Bar]:
        from rich import progress as bars  # noqa: PLC0415 - see the class
        from rich.console import Console  # noqa: PLC0415

        columns = (
            bars.TextColumn("{task.description:22}"),
            bars.BarColumn(),
            bars.DownloadColumn(),
            bars.TimeRemainingColumn(),
        )
        with bars.Progress(*columns, console=Console(stderr=True), transient=True) as drawn:
            yield _Bar(drawn, drawn.add_task(name, total=total))


class _Bar:
    """One bar; small steps are gathered, so that drawing costs nothing beside the work."""

    _STEP = 2**18

    def __init__(self, drawn: object, task: object) -> None:
        self._drawn = drawn
        self._task = task
        self._waiting = 0

    def advance(self, units: int) -> None:
        self._waiting += units
        if self._waiting >= self._STEP:
            self._drawn.advance(self._task, self._waiting)  # type: ignore[attr-defined]
            self._waiting = 0
