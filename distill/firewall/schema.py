"""Gate: the run can be written as a row that every reader of JSON reads alike."""

import math
from collections.abc import Iterator
from typing import Any, Final

from distill.firewall.finding import Finding, GateSettings, RunCandidate
from distill.records.evidence import EvidenceRecord
from distill.records.taxonomy import QuarantineReason

MAX_DEPTH: Final = 100
MAX_INTEGER: Final = 2**53 - 1


def check_text(candidate: RunCandidate, settings: GateSettings) -> Finding | None:  # noqa: ARG001
    """Pass where all texts and values can be written."""
    return _unwritable(candidate.evidence)


def check_conversation(
    candidate: RunCandidate,
    settings: GateSettings,  # noqa: ARG001
) -> Finding | None:
    """Pass where all texts and values can be written, and every call's arguments are an object."""
    calls = (call for m in candidate.evidence.messages or () for call in m.tool_calls or ())
    texts = sum(not isinstance(call.function.arguments, dict) for call in calls)
    if texts:
        return _violation("arguments_no_object", f"{texts} tool calls have no object as arguments")
    return _unwritable(candidate.evidence)


def _unwritable(record: EvidenceRecord) -> Finding | None:
    for value in _values(record):
        if value is None or (type(value) is str and value.isascii()) or _is_sound(value):
            continue
        fault = _fault(value, 0)
        if fault is not None:
            return _violation("unwritable_value", fault)
    return None


def _values(record: EvidenceRecord) -> Iterator[Any]:
    yield record.text
    yield record.tools
    for message in record.messages or ():
        yield message.content
        for call in message.tool_calls or ():
            yield call.function.name
            yield call.function.arguments


def _is_sound(value: Any) -> bool:
    """Say whether `_fault` finds nothing, level by level; where it may find something, no."""
    level = [value]
    for _ in range(MAX_DEPTH + 1):
        below: list[Any] = []
        for one in level:
            kind = type(one)
            if kind is dict:
                below += one
                below += one.values()
            elif kind is list or kind is tuple:
                below += one
            elif one is not None and not _is_sound_scalar(one):
                return False
        if not below:
            return True
        level = below
    return False


def _is_sound_scalar(value: Any) -> bool:
    if isinstance(value, str):
        return value.isascii() or _is_unicode(value)
    if isinstance(value, float):
        return math.isfinite(value)
    return isinstance(value, int) and abs(value) <= MAX_INTEGER


def _fault(value: Any, depth: int) -> str | None:
    """Return what keeps a value from being read alike by all, null where nothing does."""
    if depth > MAX_DEPTH:
        return f"a value nested deeper than {MAX_DEPTH}"
    if isinstance(value, str):
        return None if value.isascii() or _is_unicode(value) else "a lone surrogate in a text"
    if isinstance(value, float):
        return None if math.isfinite(value) else "a number that is not finite"
    if isinstance(value, int):
        return None if abs(value) <= MAX_INTEGER else "an integer beyond 2^53 - 1"
    if isinstance(value, dict):
        value = [part for item in value.items() for part in item]
    if isinstance(value, list | tuple):
        return next((fault for item in value if (fault := _fault(item, depth + 1))), None)
    return None


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _violation(rule: str, detail: str) -> Finding:
    return Finding(QuarantineReason.SCHEMA_VIOLATION, rule, detail)
