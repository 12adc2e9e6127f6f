"""OTLP in JSON: spans and log records out of export requests, their values made plain.

Source of the form: opentelemetry-proto, JSON encoding. Ids are hex there, base64 where a generic
protobuf printer wrote them; 64-bit integers are texts, or numbers where a writer knew no better;
names are in camel case, or in snake case out of the same printers; `scopeSpans` was
`instrumentationLibrarySpans` before 1.0.
"""

import base64
import binascii
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from distill.sources.messages import violation
from distill.sources.pointers import join_pointer
from distill.sources.strict_json import name_type

_HEX: Final = re.compile(r"[0-9a-fA-F]{16}|[0-9a-fA-F]{32}")
_BASE64: Final = re.compile(r"[A-Za-z0-9+/_-]{11}=|[A-Za-z0-9+/_-]{22}==")
_INTEGER: Final = re.compile(r"-?[0-9]{1,19}")
_SPANS: Final = (
    ("resourceSpans", "resource_spans"),
    ("scopeSpans", "scope_spans", "instrumentationLibrarySpans"),
    ("spans",),
)
_LOGS: Final = (
    ("resourceLogs", "resource_logs"),
    ("scopeLogs", "scope_logs", "instrumentationLibraryLogs"),
    ("logRecords", "log_records"),
)
_OTHERS: Final = ("resourceMetrics", "resource_metrics")
#: What a request that was split by traces holds in the place of the above: see `Placed`.
_PLACED: Final = {"distill.spans": False, "distill.logs": True}


@dataclass(frozen=True, slots=True)
class Placed:
    """A span or a log record, and the pointer to it in the request that it was exported with."""

    at: str
    value: Mapping[str, Any]
    is_log: bool

    @property
    def trace(self) -> str | None:
        """The trace's id in hex; null where there is none, or it is all zeros."""
        return read_id(field(self.value, "traceId"))


def is_request(row: Any) -> bool:
    """Say whether a record is an export request, of metrics too, also one that was split."""
    if not isinstance(row, dict):
        return False
    return any(name in row for name in (*_SPANS[0], *_LOGS[0], *_OTHERS, *_PLACED))


def placed(row: Mapping[str, Any]) -> Iterator[Placed]:
    """Yield the spans and log records of a request.

    Raises:
        RecordError: `schema_violation`: what should be a list of objects is none.
    """
    for name, is_log in _PLACED.items():
        for _, one in _objects(row, (name,)):
            value = one.get("value")
            if not isinstance(value, dict):
                raise violation("span_no_object", f"{name} holds what is no span")
            yield Placed(str(one.get("at")), value, is_log)
    for levels, is_log in ((_SPANS, False), (_LOGS, True)):
        for place, value in _below((), row, levels):
            yield Placed(join_pointer(place), value, is_log)


def split_off(some: list[Placed]) -> dict[str, Any]:
    """Return a row that holds these spans and log records alone, with their places."""
    row: dict[str, Any] = {name: [] for name in _PLACED}
    for one in some:
        name = "distill.logs" if one.is_log else "distill.spans"
        row[name].append({"at": one.at, "value": one.value})
    return row


def field(value: Mapping[str, Any], name: str) -> Any:
    """Return a field by its name in camel case, or in snake case."""
    if name in value:
        return value[name]
    return value.get(re.sub(r"([A-Z])", lambda found: "_" + found[0].lower(), name))


def read_id(value: Any) -> str | None:
    """Return an id in hex, or another text as it is; null where there is none, or only zeros."""
    if not isinstance(value, str) or not value.strip():
        return None
    if _HEX.fullmatch(value):
        found = value.lower()
    elif _BASE64.fullmatch(value):
        found = _from_base64(value)
    else:
        found = value
    return found if found.strip("0") else None


def read_integer(value: Any) -> int | None:
    """Return a 64-bit integer, written as a text or as a number."""
    if isinstance(value, str) and _INTEGER.fullmatch(value):
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def attributes_of(value: Mapping[str, Any], name: str = "attributes") -> dict[str, Any]:
    """Return key and plain value of each attribute; the first of equal keys counts.

    Raises:
        RecordError: `schema_violation`: they are no list of objects.
    """
    found: dict[str, Any] = {}
    for _, one in _objects(value, (name,)):
        if isinstance(one.get("key"), str):
            found.setdefault(one["key"], plain(one.get("value")))
    return found


def plain(value: Any) -> Any:
    """Return what an OTLP value holds: a text, number, truth, list or object; null for none."""
    if not isinstance(value, dict):
        return None
    for name in ("stringValue", "boolValue", "doubleValue", "bytesValue"):
        if (found := field(value, name)) is not None:
            return found
    if (found := field(value, "intValue")) is not None:
        return read_integer(found)
    if isinstance(found := field(value, "arrayValue"), dict):
        values = found.get("values")
        return [plain(one) for one in values] if isinstance(values, list) else []
    if isinstance(found := field(value, "kvlistValue"), dict):
        return attributes_of(found, "values")
    return None


def _below(
    place: tuple[str, ...], value: Mapping[str, Any], levels: tuple[tuple[str, ...], ...]
) -> Iterator[tuple[tuple[str, ...], Mapping[str, Any]]]:
    for below, one in _objects(value, levels[0]):
        if levels[1:]:
            yield from _below((*place, *below), one, levels[1:])
        else:
            yield (*place, *below), one


def _objects(
    value: Mapping[str, Any], names: tuple[str, ...]
) -> Iterator[tuple[tuple[str, str], dict[str, Any]]]:
    """Yield the objects of a list under any of these names, with the way to each."""
    for name in names:
        found = value.get(name)
        if found is None:
            continue
        if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
            raise violation("no_list", f"{name} is a JSON {name_type(found)}, no list of objects")
        for number, one in enumerate(found):
            yield (name, str(number)), one


def _from_base64(value: str) -> str:
    try:
        return base64.b64decode(
            value, altchars=None if "-" not in value and "_" not in value else b"-_"
        ).hex()
    except binascii.Error:
        return value
