"""Records that are the elements of a JSON array or the members of a JSON object, streamed.

The container may stand deep in the document (`records_at`). Memory holds one record and, for an
object, the digests of its keys. Where the structure breaks, the records before stand, and the rest
of the file is one `BadFrame`.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Final

from distill.errors import SourceError
from distill.records.pointers import escape_token
from distill.sources.pointers import join_pointer
from distill.sources.protocol import BadFrame, RawRecord
from distill.sources.stretch import Stretch
from distill.sources.strict_json import parse_key
from distill.sources.structure import CLOSING, OPENING, Mark, Scanner

_NOT_SPACE: Final = re.compile(rb"[^ \t\r\n]")
_OPEN_ARRAY, _COMMA, _COLON, _CLOSE_ARRAY = b"[,:]"

Frame = RawRecord | BadFrame


class Level:
    """One open container on the way to the records, and where in it we are."""

    def __init__(self, opening: int) -> None:
        self.is_array = opening == _OPEN_ARRAY
        self.index = 0
        self.key: str | None = None
        self.keys_seen: set[str] = set()

    @property
    def token(self) -> str | None:
        """The reference token of the value that we are at; null before an object's colon."""
        return str(self.index) if self.is_array else self.key


def frame_elements(
    blocks: Iterable[bytes], path: tuple[str, ...], limit: int
) -> Iterator[RawRecord | BadFrame]:
    """Yield the elements or members of the container at `path` (reference tokens, unescaped).

    Raises:
        SourceError: the document holds no array or object at `path`. The message names no file:
            the caller knows it.
    """
    yield from walk_document(blocks, Walk(path, limit), deepest=len(path) + 1)


def walk_document(blocks: Iterable[bytes], walk: "Walk", *, deepest: int) -> Iterator[Frame]:
    """Yield what a walk cuts out; marks that stand in at most `deepest` containers are shown."""
    scanner = Scanner(deepest)
    for block in blocks:
        for mark in scanner.marks(block):
            yield from walk.pass_mark(block, mark)
        walk.pass_rest(block)
    yield from walk.finish()


class Walk:
    """Goes through a document's marks, and cuts out the elements of the container at a path."""

    def __init__(self, path: tuple[str, ...], limit: int) -> None:
        self._path = path
        self._prefix = join_pointer(path)
        self._limit = limit
        self._levels: list[Level] = []
        self._stretch: Stretch | None = None
        self._offset = 0  # of the block in the file
        self._taken = 0  # how far the block was taken
        self._tail: tuple[str, str] | None = None  # rule and detail of all that follows
        self._was_reached = False
        self._is_blank = True

    @property
    def _is_at_records(self) -> bool:
        return len(self._levels) == len(self._path) + 1

    def pass_mark(self, block: bytes, mark: Mark) -> Iterator[Frame]:
        """Go to a mark, and yield the record that it ends."""
        inside = len(self._levels)
        if self._tail is not None:
            return
        if mark.byte in OPENING:
            if mark.level == inside and self._is_on_path():
                yield from self._enter(block, mark)
        elif mark.byte in CLOSING:
            if mark.level < 0:
                self._break_off("broken_structure", "a bracket closes that was never opened")
            elif mark.level == inside - 1:
                yield from self._leave(block, mark)
        elif inside and mark.level == inside:
            yield from self._separate(block, mark)

    def pass_rest(self, block: bytes) -> None:
        """Take what follows the block's last mark."""
        self._take(block, len(block))
        self._offset += len(block)
        self._taken = 0

    def finish(self) -> Iterator[Frame]:
        """Yield what the end of the file leaves open."""
        if self._tail is not None:
            if self._stretch is not None:
                yield self._spoil(*self._tail)
        elif self._levels:
            kind = "array" if self._levels[-1].is_array else "object"
            yield self._spoil("truncated", f"the file ends before its {kind} is closed")
        elif self._stretch is not None:
            yield self._spoil("not_json", "no JSON array or object")
        if self._path and not self._was_reached and not self._is_blank:
            raise SourceError(
                f"no array or object at {self._prefix}",
                "set records_at to the pointer of the array or object that holds the records",
            )

    def _is_on_path(self) -> bool:
        if not self._levels:
            return True
        depth = len(self._levels)
        return depth <= len(self._path) and self._levels[-1].token == self._path[depth - 1]

    def _enter(self, block: bytes, mark: Mark) -> Iterator[Frame]:
        if not self._levels:
            self._take(block, mark.position)
            if self._stretch is not None:
                yield self._spoil("not_json", "bytes before the document, such as a BOM")
        self._levels.append(Level(mark.byte))
        self._was_reached = self._was_reached or self._is_at_records
        self._is_blank = False
        self._skip_to(mark)

    def _leave(self, block: bytes, mark: Mark) -> Iterator[Frame]:
        level = self._levels[-1]
        if level.is_array is not (mark.byte == _CLOSE_ARRAY):
            self._break_off("broken_structure", "a bracket of the other kind closes the container")
            return
        self._take(block, mark.position)
        yield from self._end_value(level, is_last=True)
        self._levels.pop()
        self._skip_to(mark)
        if not self._levels:
            self._tail = ("not_json", "more follows the end of the document")

    def _separate(self, block: bytes, mark: Mark) -> Iterator[Frame]:
        level = self._levels[-1]
        self._take(block, mark.position)
        if mark.byte == _COMMA:
            yield from self._end_value(level, is_last=False)
            level.index += 1
            level.key = None
        elif level.is_array or level.key is not None:
            self._break_off("broken_structure", "a colon where no key stands")
            return
        else:
            key = parse_key(self._stretch.text()) if self._stretch is not None else None
            if key is None:
                self._break_off("broken_structure", "a member without a key that is a string")
                return
            self._stretch = None
            level.key = key
        self._skip_to(mark)

    def _end_value(self, level: Level, *, is_last: bool) -> Iterator[Frame]:
        if not self._is_at_records:
            self._stretch = None
            return
        token = level.token
        stretch, self._stretch = self._stretch, None
        if stretch is None or token is None:
            is_empty = is_last and stretch is None and not level.index and level.key is None
            if not is_empty:
                stretch = stretch or Stretch(self._offset + self._taken, self._limit)
                yield stretch.spoil("broken_structure", "no value where one must stand")
            return
        pointer = self._pointer(token)
        if not level.is_array and token in level.keys_seen:
            yield stretch.spoil(
                "duplicate_key", "a second member under one key of the container", pointer=pointer
            )
            return
        level.keys_seen.add(token)
        record = stretch.close(pointer=pointer, trim=True)
        if record is not None:
            yield record

    def _pointer(self, token: str) -> str:
        return f"{self._prefix}/{escape_token(token)}"

    def _take(self, block: bytes, end: int) -> None:
        """Add the bytes up to `end` to the key or record that they belong to, if to any."""
        start, self._taken = self._taken, end
        is_wanted = self._tail is not None or not self._levels or self._is_at_records
        if not is_wanted and self._levels[-1].token is not None:
            return
        if self._stretch is None:
            found = _NOT_SPACE.search(block, start, end)
            if found is None:
                return
            start = found.start()
            self._is_blank = False
            self._stretch = Stretch(self._offset + start, self._limit)
        self._stretch.add(block[start:end])

    def _skip_to(self, mark: Mark) -> None:
        self._taken = mark.position + 1

    def _break_off(self, rule: str, detail: str) -> None:
        self._tail = (rule, detail)

    def _spoil(self, rule: str, detail: str) -> BadFrame:
        stretch, self._stretch = self._stretch, None
        return (stretch or Stretch(self._offset, self._limit)).spoil(rule, detail)
