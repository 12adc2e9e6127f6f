"""From a raw record's bytes to the row that a reader is asked about, and to its group."""

from collections.abc import Sequence
from typing import Any, Final, TypeGuard

from distill.records.taxonomy import QuarantineReason
from distill.sources.places import RunSite, find, parse_place
from distill.sources.pointers import ABSENT
from distill.sources.protocol import PathGroupingSource, RecordError, Source, SplittingSource
from distill.sources.strict_json import parse

_UTF8_BOM = "\ufeff"
_OF_THE_PATH: Final = ("@file", "@folder", "@path")


def read_row(source: Source, path: str, data: bytes) -> dict[str, Any]:
    """Return a record's JSON object; of a file with one of `text_suffixes`, ``{"text": …}``.

    Raises:
        RecordError: `schema_violation`: see `strict_json.parse`; of a text ``not_utf8`` and
            ``byte_order_mark``.
    """
    if not is_text(source, path):
        return parse(data)
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        detail = f"byte {error.start} of the text is not UTF-8"
        raise RecordError(QuarantineReason.SCHEMA_VIOLATION, "not_utf8", detail) from error
    if text.startswith(_UTF8_BOM):
        detail = "a byte order mark stands before the text"
        raise RecordError(QuarantineReason.SCHEMA_VIOLATION, "byte_order_mark", detail)
    return {"text": text}


def is_text(source: Source, path: str) -> bool:
    """Say whether a file is one text to a source, and no JSON."""
    return path.removesuffix(".gz").endswith(text_suffixes(source))


def text_suffixes(source: Source | type[Source]) -> tuple[str, ...]:
    """Return how the files end that are one text to a source; most readers name none."""
    return tuple(getattr(source, "text_suffixes", ()))


def split_row(source: Source, row: Any, path: str) -> Sequence[tuple[Any, Any]]:
    """Return the groups that a row belongs to, each by its key, with what it tells of each.

    Of most sources that is the row itself under `group_key`.

    Raises:
        RecordError: a source that splits its rows can't use this one.
    """
    if _is_splitting(source):
        return list(source.split(row))
    return [(group_key(source, row, path), row)]


def group_key(source: Source, row: Any, path: str) -> Any:
    """Return what rows of one run share, by the source's `group_by`; `ABSENT` where there is none.

    It is a pointer into the row, or ``@file``, ``@folder``, ``@path``, or what the source itself
    makes of the path (`PathGroupingSource`).
    """
    if _is_path_grouping(source):
        return source.group_of(path)
    found = find([parse_place(source.group_by or "")], RunSite(row, row, (), path))
    return ABSENT if found is None else found.value


def groups_by_path(source: Source) -> bool:
    """Say whether a file's path alone tells the group of all of its records."""
    if source.group_by is None or _is_splitting(source):
        return False
    return _is_path_grouping(source) or source.group_by in _OF_THE_PATH


# Python remembers the answer for a type; of an instance it looks anew, once for every row.


def _is_splitting(source: Source) -> TypeGuard[SplittingSource]:
    return issubclass(type(source), SplittingSource)


def _is_path_grouping(source: Source) -> TypeGuard[PathGroupingSource]:
    return issubclass(type(source), PathGroupingSource)
