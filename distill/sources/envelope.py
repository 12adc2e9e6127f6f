"""Records that share a header: cut out of a JSON object, or out of a zip archive.

Laws: those of `distill.sources.framing`, and: every member of the file is a record or a `BadFrame`;
the context of a record is the same wherever the header stands in the file.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import BinaryIO, Final

from msgspec.structs import replace

from distill.receipts.digest import digest_bytes
from distill.records.pointers import escape_token
from distill.sources.elements import Frame, Level, Walk, walk_document
from distill.sources.pointers import parse_pointer
from distill.sources.protocol import BadFrame, Envelope, RawRecord
from distill.sources.stream_digest import StreamDigest
from distill.sources.structure import Mark
from distill.sources.zip_directory import ARCHIVE_MAGIC, ArchiveError, Entry, read_directory
from distill.sources.zip_member import digest_compressed, read_member

_BLOCK: Final = 2**20
#: A document's records stand in two containers: the object, and its member of the records.
_DEEPEST: Final = 2


def is_record(pointer: str, envelope: Envelope) -> bool:
    """Say whether a raw record is one of the records, by its pointer, and no part of the header."""
    first, *rest = parse_pointer(pointer) or ("",)
    is_member = first.startswith(f"{envelope.records}/") and first.endswith(".json")
    return is_member or (first == envelope.records and len(rest) == 1)


def frame_document_envelope(
    read: Callable[[], Iterable[bytes]], envelope: Envelope, limit: int
) -> Iterator[Frame]:
    """Yield the members of a JSON object in their order, those of `records` one by one.

    `read` gives the document's blocks anew: it is gone through twice, first for the context, as
    far as that goes.
    """
    if next(iter(read()), b"").startswith(ARCHIVE_MAGIC):
        digest, size = _digest(read())
        detail = "a zip archive inside gzip is not read: unpack the gzip"
        yield BadFrame(0, size, None, "", digest, "archive_in_gzip", detail)
        return
    found: dict[str, Frame] = {}
    for one in _walk(read(), envelope, limit):
        if one.pointer[1:] in _names(envelope):
            found.setdefault(one.pointer[1:], one)
            if all(any(name in found for name in group) for group in envelope.context):
                break
    if not any(name in found for name in envelope.context[0]):
        digest, size = _digest(read())
        if size:
            yield BadFrame(0, size, None, "", digest, *_no_header(envelope))
        return
    for one in _walk(read(), envelope, limit):
        yield _with_context(one, found, envelope)


def frame_archive_envelope(file: BinaryIO, envelope: Envelope, limit: int) -> Iterator[Frame]:
    """Yield the members of a zip archive in the order of its directory; folders are none."""
    try:
        entries = read_directory(file)
    except ArchiveError as error:
        yield _bad_archive(file, error.rule, error.detail)
        return
    names = Counter(entry.name for entry in entries)
    if not any(name in names for name in envelope.context[0]):
        yield _bad_archive(file, *_no_header(envelope))
        return
    members = _Members(file, names, limit)
    found = {
        entry.name: members.read(entry, offset)
        for entry, offset in _placed(entries)
        if entry.name in _names(envelope)
    }
    for entry, offset in _placed(entries):
        one = found.get(entry.name) if names[entry.name] == 1 else None
        yield _with_context(one or members.read(entry, offset), found, envelope)


def _bad_archive(file: BinaryIO, rule: str, detail: str) -> BadFrame:
    file.seek(0)
    digest, _ = _digest(iter(lambda: file.read(_BLOCK), b""))
    return BadFrame(0, 0, None, "", digest, rule, detail)


class _Members:
    def __init__(self, file: BinaryIO, names: Mapping[str, int], limit: int) -> None:
        self._file = file
        self._names = names
        self._limit = limit

    def read(self, entry: Entry, offset: int) -> Frame:
        try:
            data = read_member(self._file, entry, self._limit)
        except ArchiveError as error:
            return self._bad(entry, offset, error)
        if self._names[entry.name] > 1:
            twice = ArchiveError("member_duplicate", "several members have this name")
            return self._bad(entry, offset, twice)
        pointer = f"/{escape_token(entry.name)}"
        return RawRecord(data, offset, offset + entry.size, None, pointer, digest_bytes(data).hex)

    def _bad(self, entry: Entry, offset: int, error: ArchiveError) -> BadFrame:
        digest = digest_compressed(self._file, entry).hex
        pointer, end = f"/{escape_token(entry.name)}", offset + entry.size
        return BadFrame(offset, end, None, pointer, digest, error.rule, error.detail)


def _placed(entries: Iterable[Entry]) -> Iterator[tuple[Entry, int]]:
    """Yield the members that are no folders, and where each begins in the decompressed file."""
    offset = 0
    for entry in entries:
        if not entry.name.endswith("/"):
            yield entry, offset
        offset += entry.size


def _names(envelope: Envelope) -> set[str]:
    return {name for group in envelope.context for name in group}


def _with_context(one: Frame, found: Mapping[str, Frame], envelope: Envelope) -> Frame:
    if isinstance(one, BadFrame):
        return one
    if not is_record(one.pointer, envelope):
        return replace(one, is_envelope=True)
    chosen = [next((name for name in group if name in found), "") for group in envelope.context]
    context: list[RawRecord] = []
    for name in filter(None, chosen):
        part = found[name]
        if isinstance(part, BadFrame):
            detail = f"the file's {name}, by which its records are read, can't be read"
            place = (one.start, one.end, one.line, one.pointer, one.blake3)
            return BadFrame(*place, "header_unreadable", detail)
        context.append(part)
    return replace(one, context=tuple(context))


def _no_header(envelope: Envelope) -> tuple[str, str]:
    names = " nor ".join(envelope.context[0])
    return "no_header", f"the file is no log of this kind: it holds neither {names}"


def _digest(blocks: Iterable[bytes]) -> tuple[str, int]:
    digest, size = StreamDigest(), 0
    for block in blocks:
        digest.update(block)
        size += len(block)
    return digest.digest().hex, size


def _walk(blocks: Iterable[bytes], envelope: Envelope, limit: int) -> Iterator[Frame]:
    return walk_document(blocks, _EnvelopeWalk(envelope.records, limit), deepest=_DEEPEST)


class _EnvelopeWalk(Walk):
    """Cuts out the members of an object, but of one of them the elements."""

    def __init__(self, records: str, limit: int) -> None:
        super().__init__((records,), limit)
        self._was_reached = True  # a log without records is one
        self._was_entered = False

    @property
    def _is_at_records(self) -> bool:
        return bool(self._levels)

    def _is_on_path(self) -> bool:
        is_again = bool(self._levels) and self._path[0] in self._levels[0].keys_seen
        return super()._is_on_path() and not is_again

    def _enter(self, block: bytes, mark: Mark) -> Iterator[Frame]:
        self._was_entered = bool(self._levels)
        return super()._enter(block, mark)

    def _end_value(self, level: Level, *, is_last: bool) -> Iterator[Frame]:
        if len(self._levels) > 1 or not self._was_entered:
            yield from super()._end_value(level, is_last=is_last)
            return
        self._was_entered = False
        level.keys_seen.add(self._path[0])
        if self._stretch is not None:
            yield self._spoil("broken_structure", "bytes between the records and what follows them")

    def _pointer(self, token: str) -> str:
        return super()._pointer(token) if len(self._levels) > 1 else f"/{escape_token(token)}"
