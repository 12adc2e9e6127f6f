"""The rows of outputs: what each must be is brought by the caller, the engine knows no schema."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Final, TypeAlias

from distill.receipts.faults import Fault, Note
from distill.receipts.receipt import Claim, FileEntry

#: What is wrong with a line (without its newline); null where it is such a row.
RowCheck: TypeAlias = Callable[[bytes], str | None]
#: The check of an output's lines; null where there is none.
RowSchemas: TypeAlias = Callable[[Claim, FileEntry], RowCheck | None]

#: Of a file's bad rows so many are named, the others are counted.
MAX_NAMED: Final = 20
#: A longer line is no row, and is not kept in memory.
MAX_ROW_BYTES: Final = 512 * 2**20


@dataclass(frozen=True, slots=True)
class BadRows:
    """The bad rows of a file: the first ones by line from 1 with what is wrong, and their number.

    ``total`` is 0 where every line is a row, or nothing was asked.
    """

    named: tuple[tuple[int, str], ...] = ()
    total: int = 0

    def faults(self, path: str) -> Iterator[Fault]:
        """Yield a fault for each row that is named, and one for all others."""
        expected = "a row of the schema"
        for line, wrong in self.named:
            message = f"line {line} is not a row as this stage writes it"
            yield Fault("row_refused", path, expected, f"line {line}: {wrong}", message)
        more = self.total - len(self.named)
        if more:
            message = f"the same is so for {more} more lines"
            yield Fault("row_refused", path, expected, f"{more} more bad rows", message)


NO_BAD_ROWS: Final = BadRows()


def schema_note(checks: Iterable[tuple[str, RowCheck | None]]) -> Iterator[Note]:
    """Yield whose rows were held against no schema; ``checks`` are by stage, null for none."""
    without = [stage for stage, check in checks if check is None]
    if without:
        files = "1 file" if len(without) == 1 else f"{len(without)} files"
        message = (
            f"the rows of {files} were held against no schema, because none is known for the "
            f"outputs of {', '.join(sorted(set(without)))}"
        )
        yield Note("rows_without_schema", message)


class RowReader:
    """Takes a file's bytes block by block, and puts each line through a check."""

    def __init__(self, check: RowCheck) -> None:
        self._check = check
        self._line = 0
        self._open = bytearray()
        self._is_too_long = False
        self._named: list[tuple[int, str]] = []
        self._total = 0

    def update(self, block: bytes | memoryview) -> None:
        """Take the next bytes."""
        first, *others = bytes(block).split(b"\n")
        self._extend(first)
        for other in others:
            self._close_line()
            self._extend(other)

    def close(self) -> BadRows:
        """Return what was found; a last line needs no newline."""
        if self._open or self._is_too_long:
            self._close_line()
        return BadRows(tuple(self._named), self._total)

    def _extend(self, part: bytes) -> None:
        if len(self._open) + len(part) > MAX_ROW_BYTES:
            self._is_too_long = True
            self._open.clear()
        if not self._is_too_long:
            self._open += part

    def _close_line(self) -> None:
        self._line += 1
        wrong = "is too long" if self._is_too_long else self._check(bytes(self._open))
        self._open.clear()
        self._is_too_long = False
        if wrong is not None:
            self._total += 1
            if len(self._named) < MAX_NAMED:
                self._named.append((self._line, wrong))
