"""From a file's decompressed blocks to raw records, with their bytes, places and digests.

Laws: the records are the same for any split of the file into blocks; ``file[start:end]`` are a
record's bytes; ranges don't overlap and go upwards; memory holds one record of at most
`max_record_bytes`, one block, and the first 64 KiB.
"""

from collections.abc import Callable, Iterable, Iterator
from io import BytesIO
from itertools import chain
from typing import BinaryIO, Final

from distill.errors import ConfigurationError
from distill.sources.elements import frame_elements
from distill.sources.envelope import frame_archive_envelope, frame_document_envelope
from distill.sources.lines import frame_document, frame_lines
from distill.sources.pointers import parse_pointer
from distill.sources.protocol import BadFrame, Envelope, Framing, RawRecord, Source
from distill.sources.stretch import WHITE_SPACE, Stretch
from distill.sources.structure import is_balanced
from distill.sources.zip_directory import ARCHIVE_MAGIC

MAX_RECORD_BYTES: Final = 64 * 2**20
_HEAD_BYTES: Final = 64 * 2**10
_UTF8_BOM: Final = b"\xef\xbb\xbf"
UTF16_BOMS: Final = (b"\xff\xfe", b"\xfe\xff")


def records_of(
    source: Source,
    read: Callable[[], Iterable[bytes]],
    *,
    archive: BinaryIO | None = None,
    max_record_bytes: int = MAX_RECORD_BYTES,
) -> Iterator[RawRecord | BadFrame]:
    """Yield the records of a file as its source frames them.

    `read` gives the file's decompressed blocks from its beginning, each time that it is called;
    `archive` is the file itself where it is a zip archive.

    Raises:
        ConfigurationError, SourceError: see `frame`.
    """
    framing = source.framing
    if isinstance(framing, Framing):
        yield from frame(
            read(), framing, records_at=source.records_at, max_record_bytes=max_record_bytes
        )
    elif archive is not None:
        yield from frame_archive_envelope(archive, framing, max_record_bytes)
    else:
        yield from frame_document_envelope(read, framing, max_record_bytes)


def records_in(source: Source, data: bytes) -> Iterator[RawRecord | BadFrame]:
    """Yield the records of a file given by its bytes, decompressed unless it is a zip archive."""
    archive = BytesIO(data) if data.startswith(ARCHIVE_MAGIC) else None
    return records_of(source, lambda: [data], archive=archive)


def framing_label(source: Source) -> str:
    """Return a text that is the same for sources that frame a file alike."""
    framing = source.framing
    label = repr(framing) if isinstance(framing, Envelope) else framing.value
    return f"{label}:{source.records_at}"


def frame(
    blocks: Iterable[bytes],
    framing: Framing,
    *,
    records_at: str = "",
    max_record_bytes: int = MAX_RECORD_BYTES,
) -> Iterator[RawRecord | BadFrame]:
    """Yield the records of a file, in its order; what can't be cut into one is a `BadFrame`.

    A UTF-8 byte order mark stays with the first line, where the parser refuses it; a file in UTF-16
    and a zip archive are one `BadFrame`.

    Raises:
        ConfigurationError: `records_at` is no pointer, or stands with a framing by lines.
        SourceError: the document holds no array or object at `records_at`.
    """
    path = parse_pointer(records_at)
    if path and framing in (Framing.LINES, Framing.DOCUMENT):
        raise ConfigurationError(
            f"records_at = {records_at!r} with layout = {framing.value!r}",
            "records_at is for one JSON document: leave layout out, or set it to auto",
        )
    head, everything = _peek(iter(blocks))
    if head.startswith(UTF16_BOMS):
        detail = "the file is UTF-16: save it as UTF-8 without a BOM"
        yield from _refuse(everything, "not_utf8", detail)
        return
    if head.startswith(ARCHIVE_MAGIC):
        detail = "the file is a zip archive, which this kind of source does not read: unpack it"
        yield from _refuse(everything, "archive", detail)
        return
    if framing is Framing.AUTO:
        framing = Framing.ARRAY if path else detect(head)
    if framing is Framing.LINES:
        yield from frame_lines(everything, max_record_bytes)
    elif framing is Framing.DOCUMENT:
        yield from frame_document(everything, max_record_bytes)
    else:
        yield from frame_elements(everything, path, max_record_bytes)


def detect(head: bytes) -> Framing:
    """Return how a file falls into records, by its first bytes (at most 64 KiB are looked at).

    ``[``: the elements of an array. ``{``: lines, unless the first line opens an object that it
    doesn't close and ends where a pretty-printer breaks a line: then the members. A file that is
    one object on one line is one record; `layout = "members"` says otherwise.
    """
    text = head[:_HEAD_BYTES].removeprefix(_UTF8_BOM).lstrip(WHITE_SPACE)
    if text.startswith(b"["):
        return Framing.ARRAY
    first, newline, rest = text.partition(b"\n")
    if not text.startswith(b"{") or not newline or is_balanced(first):
        return Framing.LINES
    is_broken_off = not first.rstrip(WHITE_SPACE).endswith((b"{", b"[", b",", b":"))
    return Framing.LINES if is_broken_off or rest.startswith(b"{") else Framing.MEMBERS


def _peek(blocks: Iterator[bytes]) -> tuple[bytes, Iterator[bytes]]:
    held: list[bytes] = []
    size = 0
    for block in blocks:
        held.append(block)
        size += len(block)
        if size >= _HEAD_BYTES:
            break
    head = b"".join(held)
    return head[:_HEAD_BYTES], chain(held, blocks)


def _refuse(blocks: Iterable[bytes], rule: str, detail: str) -> Iterator[BadFrame]:
    stretch = Stretch(0, 0)
    for block in blocks:
        stretch.add(block)
    yield stretch.spoil(rule, detail)
