"""Gate: the run can be written as a row that every reader of JSON reads alike."""

import math
import re
from collections.abc import Iterator, Sequence
from typing import Any, Final

import orjson

from distill.firewall.finding import Finding, GateSettings, RunCandidate
from distill.records.evidence import EvidenceRecord
from distill.records.message import FunctionCall
from distill.records.taxonomy import QuarantineReason

MAX_DEPTH: Final = 100
MAX_INTEGER: Final = 2**53 - 1

#: Null as a value, not within a text unless one quotes JSON.
_NULL: Final = re.compile(rb"[:,\[]null")


def check_text(candidate: RunCandidate, settings: GateSettings) -> Finding | None:  # noqa: ARG001
    """Pass where all texts and values can be written."""
    return _unwritable(candidate.evidence, _calls(candidate.evidence))


def check_conversation(
    candidate: RunCandidate,
    settings: GateSettings,  # noqa: ARG001
) -> Finding | None:
    """Pass where all texts and values can be written, and every call's arguments are an object."""
    calls = _calls(candidate.evidence)
    texts = sum([not isinstance(call.arguments, dict) for call in calls])
    if texts:
        return _violation("arguments_no_object", f"{texts} tool calls have no object as arguments")
    return _unwritable(candidate.evidence, calls)


def _calls(record: EvidenceRecord) -> list[FunctionCall]:
    return [one.function for turn in record.messages or () for one in turn.tool_calls or ()]


def _unwritable(record: EvidenceRecord, calls: Sequence[FunctionCall]) -> Finding | None:
    texts = [record.text, *[message.content for message in record.messages or ()]]
    values: list[Any] = [text for text in texts if text and not text.isascii()]
    values += [call.name for call in calls]
    values += [call.arguments for call in calls]
    if _is_sound([*values, record.tools or ()]):
        return None
    doubtful = (value for value in _values(record) if not _is_sound([value]))
    fault = next((fault for value in doubtful if (fault := _fault(value, 0))), None)
    return None if fault is None else _violation("unwritable_value", fault)


def _values(record: EvidenceRecord) -> Iterator[Any]:
    """Yield the values of a record in order: the first that can't be written is told."""
    yield record.text or ""
    yield record.tools or ()
    for message in record.messages or ():
        yield message.content or ""
        for call in message.tool_calls or ():
            yield call.function.name
            yield call.function.arguments


def _is_sound(values: list[Any]) -> bool:
    """Say whether `_fault` finds nothing in any of the values; where it may find something, no.

    orjson refuses lone surrogates, integers beyond 2^53 - 1 and names that are no texts. A number
    that is not finite it writes as null, and it goes deeper than `MAX_DEPTH`: no value is deeper
    than brackets are opened.
    """
    try:
        written = orjson.dumps(values, option=orjson.OPT_STRICT_INTEGER)
    except TypeError:
        return False
    if b"null" in written and _NULL.search(written):
        return False
    return written.count(b"{") + written.count(b"[") <= MAX_DEPTH


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
