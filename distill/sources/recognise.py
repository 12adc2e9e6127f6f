"""What is this file? Asked of the beginning of a log by `distill init`."""

from collections.abc import Iterator, Sequence
from typing import Any, BinaryIO, Final

import jiter

from distill.records.pointers import escape_token
from distill.sources.framing import detect, frame
from distill.sources.propose import propose
from distill.sources.protocol import BadFrame, Framing, Recognition, RecordError
from distill.sources.registry import built_in_sources
from distill.sources.strict_json import parse, parse_value
from distill.sources.zip_directory import ArchiveError, read_directory
from distill.sources.zip_member import read_member

#: How much of a file's beginning is worth handing in.
HEAD_BYTES: Final = 4 * 2**20
_MOST_ROWS: Final = 500


def recognise(path: str, head: bytes) -> Recognition:
    """Return the source that a file's decompressed beginning is of, else a proposal of `mapped`.

    The head may end in the middle of a record. The settings of a proposal are those of
    `distill.sources.mapped_settings`; its notes are sentences for the user. A confidence of 0 says
    that the head holds no JSON object.
    """
    rows = list(_rows(head))
    document = None if rows and _is_of_lines(path, head) else _document(head)
    claim = _best_claim(path, rows, document)
    if claim is not None:
        return claim
    shape, rows = _shape(head, rows, document)
    if not rows:
        return Recognition("mapped", 0, {}, ("the file holds no JSON object that can be read",))
    return propose(rows, shape)


def recognise_archive(path: str, file: BinaryIO) -> Recognition:
    """Return the source that a zip archive is of, asked as of one object of its documents."""
    try:
        entries = read_directory(file)
    except ArchiveError as error:
        return Recognition("mapped", 0, {}, (f"the zip archive can't be read: {error.detail}",))
    entries.sort(key=lambda entry: (entry.name.count("/"), entry.name))
    document: dict[str, Any] = {}
    left = HEAD_BYTES
    for entry in entries[:_MOST_ROWS]:
        try:
            document[entry.name] = parse_value(read_member(file, entry, left), nan_as_text=True)
        except (ArchiveError, RecordError):
            continue
        left -= entry.size
    unknown = ("the file is a zip archive of no known kind: unpack it",)
    return _best_claim(path, [], document) or Recognition("mapped", 0, {}, unknown)


def _best_claim(
    path: str, rows: Sequence[dict[str, Any]], document: dict[str, Any] | None
) -> Recognition | None:
    claims = _claims(path, rows, document)
    return max(claims, key=lambda claim: claim.confidence, default=None)


def _claims(
    path: str, rows: Sequence[dict[str, Any]], document: dict[str, Any] | None
) -> Iterator[Recognition]:
    for source in built_in_sources().values():
        for records in (rows, [document] if document else []):
            claim = source.recognise(path, records)
            if claim is not None:
                yield claim
                break


def _rows(head: bytes, framing: Framing = Framing.AUTO, at: str = "") -> Iterator[dict[str, Any]]:
    """Yield the objects among the first records; what can't be read is left out."""
    found = 0
    for record in frame([head], framing, records_at=at):
        if isinstance(record, BadFrame):
            continue
        try:
            yield parse(record.data)
        except RecordError:
            continue
        found += 1
        if found == _MOST_ROWS:
            return


def _is_of_lines(path: str, head: bytes) -> bool:
    """Whether a file with one line so far is a log that will have more."""
    name = path.removesuffix(".gz")
    return name.endswith((".jsonl", ".ndjson")) and detect(head) is Framing.LINES


def _document(head: bytes) -> dict[str, Any] | None:
    """Return the one object that the head is the beginning of; null for lines and arrays."""
    lines = head.strip().count(b"\n")
    if lines and detect(head) is not Framing.MEMBERS:
        return None
    try:
        value = jiter.from_json(head.strip(), partial_mode=True)
    except ValueError:
        return None
    return value if isinstance(value, dict) else None


def _shape(
    head: bytes, rows: list[dict[str, Any]], document: dict[str, Any] | None
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Return how the file falls into rows, as settings, and the rows."""
    if document is None:
        return {}, rows
    objects = [value for value in document.values() if isinstance(value, dict) and value]
    if len(objects) > 1 and len(objects) >= 0.9 * len(document) and _are_alike(objects):
        return {"layout": "members"}, list(_rows(head, Framing.MEMBERS))
    lists = {key: value for key, value in document.items() if _holds_objects(value)}
    if lists:
        key = max(lists, key=lambda name: len(lists[name]))
        at = f"/{escape_token(key)}"
        return {"records_at": at}, list(_rows(head, at=at))
    is_one_line = b"\n" not in head.strip()
    return {} if is_one_line else {"layout": "document"}, [document]


def _are_alike(objects: Sequence[dict[str, Any]]) -> bool:
    common = set.intersection(*(set(value) for value in objects[:50]))
    return len(common) >= 2


def _holds_objects(value: Any) -> bool:
    return isinstance(value, list) and len(value) > 1 and all(isinstance(v, dict) for v in value)
