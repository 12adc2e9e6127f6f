"""Putting a placeholder where a mark is: typed, the same for the same value, and keyed.

A placeholder is ``<email:1f0c9a…>``: the rule's name and 16 hex digits of HMAC-SHA-256 of the value
under the workspace's key. Within a set the same value has the same placeholder, so a conversation
stays coherent; without the key nobody can tell a value by trying those that it may have been.
"""

import hmac
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any, Final

from distill.firewall.finding import Finding, RunCandidate
from distill.firewall.marking import Scan, Span, is_of_origin, marks_of_origin, merged
from distill.firewall.observation import (
    UndecidedError,
    finding_by_rule,
    finding_of_marks,
    observation_of,
)
from distill.firewall.settings import FirewallSettings
from distill.receipts.digest import digest_bytes
from distill.records.evidence import EvidenceRecord, Mark
from distill.records.pointers import tokens_of
from distill.records.record import Record
from distill.records.run_texts import RUN_ID
from distill.records.taxonomy import QuarantineReason

_DIGITS: Final = 16
_DOMAIN: Final = b"distill.redaction-key/1\0"
#: The gates whose findings may be replaced, in the order of the gates.
MARKING: Final = {
    "secret_detected": QuarantineReason.SECRET_DETECTED,
    "personal_data": QuarantineReason.PERSONAL_DATA,
}
_GONE: Final = "a mark's place is not in the record any more"


@dataclass(frozen=True, slots=True)
class RedactionKey:
    """What placeholders are made with; `id` names the key and tells nothing of it."""

    secret: bytes = field(repr=False)

    @property
    def id(self) -> str:
        """16 hex digits of a digest of the key."""
        return digest_bytes(_DOMAIN + self.secret).hex[:_DIGITS]

    def placeholder(self, rule: str, value: str) -> str:
        """Return what stands in a value's place."""
        told = hmac.digest(self.secret, value.encode("utf-8", "surrogatepass"), "sha256")
        return f"<{rule}:{told.hex()[:_DIGITS]}>"


def finding_of(
    candidate: RunCandidate, settings: FirewallSettings, gate: str, scan: Scan
) -> Finding | None:
    """Return what a gate finds in a run's marks; with ``redact``, in those that have to stay.

    Where the run is from is scanned here: its observers could not see all of that.

    Raises:
        UndecidedError: the observer could not judge, or a mark's place is not there.
    """
    reason, record = MARKING[gate], candidate.evidence
    told = observation_of(candidate, gate, reason)
    found = (*(() if told is None else told.marks), *marks_of_origin(record, scan))
    if not found:
        return None
    marks = settings.not_ignored(gate, found)
    if settings.does_redact(gate):
        left = [mark for mark in marks if not _is_replaceable(record, mark, reason)]
        return finding_of_marks(reason, "not_replaceable", left) if left else None
    return finding_by_rule(reason, marks)


def redact(
    record: EvidenceRecord, settings: FirewallSettings, key: RedactionKey | None
) -> EvidenceRecord:
    """Return a run with a placeholder in the place of every mark whose gate is to redact.

    Law: no character of a mark is left where it was, and no character beside the marks is changed.
    Marks that overlap are one, with the rule of the first.

    Raises:
        UndecidedError: a mark's place is not there, or there is no key.
    """
    if not _is_marked(record):
        return record
    changes: dict[str, Any] = {}
    for at, spans, reason in _redactions(record, settings):
        if key is None:
            raise UndecidedError(reason, "the key of its redactions is not at hand")
        text = _text_at(record, at, reason)
        if not isinstance(text, str) or spans[-1].end > len(text):
            raise UndecidedError(reason, _GONE)
        _put(changes, tokens_of(at), _replaced(text, spans, key))
    rebuilt: EvidenceRecord = _rebuilt(record, changes) if changes else record
    return rebuilt


def count_redactions(
    records: Sequence[EvidenceRecord], settings: FirewallSettings
) -> Mapping[str, int]:
    """Return how many placeholders `redact` puts into runs, by rule."""
    rules = [
        span.rule
        for record in records
        if _is_marked(record)
        for _, spans, _ in _redactions(record, settings)
        for span in spans
    ]
    return Counter(rules) if rules else {}


def _is_marked(record: EvidenceRecord) -> bool:
    """Say whether a gate that marks found something in a run: in most none did."""
    return not MARKING.keys().isdisjoint(record.facts.observed)


def _redactions(
    record: EvidenceRecord, settings: FirewallSettings
) -> Iterator[tuple[str, list[Span], QuarantineReason]]:
    """Yield each place with the spans to be replaced there."""
    found = [
        (mark.at, Span(mark.start, mark.end, mark.rule), reason)
        for gate, reason in MARKING.items()
        for mark in settings.redacted_marks(gate, record.facts.observed)
    ]
    found.sort(key=lambda one: one[0])
    for at, group in groupby(found, key=lambda one: one[0]):
        spans, reasons = zip(*((span, reason) for _, span, reason in group), strict=True)
        yield at, merged(list(spans)), reasons[0]


def _is_replaceable(record: EvidenceRecord, mark: Mark, reason: QuarantineReason) -> bool:
    """Say whether a mark is in a text; names, numbers, a run's id and its origin stay."""
    if mark.in_key or mark.at == RUN_ID or is_of_origin(mark):
        return False
    return isinstance(_text_at(record, mark.at, reason), str)


def _replaced(text: str, spans: Sequence[Span], key: RedactionKey) -> str:
    pieces, done = [], 0
    for start, end, rule in spans:
        pieces += [text[done:start], key.placeholder(rule, text[start:end])]
        done = end
    return "".join((*pieces, text[done:]))


def _text_at(record: EvidenceRecord, at: str, reason: QuarantineReason) -> Any:
    value: Any = record
    try:
        for token in tokens_of(at):
            value = _member(value, token)
    except (AttributeError, LookupError, TypeError, ValueError) as error:
        raise UndecidedError(reason, _GONE) from error
    return value


def _member(value: Any, token: str) -> Any:
    if isinstance(value, Record):
        return getattr(value, token)
    return value[token] if isinstance(value, dict) else value[int(token)]


def _put(changes: dict[str, Any], tokens: Sequence[str], text: str) -> None:
    for token in tokens[:-1]:
        changes = changes.setdefault(token, {})
    changes[tokens[-1]] = text


def _rebuilt(value: Any, changes: Any) -> Any:
    """Return a value with the texts of a tree of changes in it; what has none is shared."""
    if isinstance(changes, str):
        return changes
    made = {token: _rebuilt(_member(value, token), inner) for token, inner in changes.items()}
    if isinstance(value, Record):
        return value.changed(**made)
    if isinstance(value, dict):
        return {**value, **made}
    items = list(value)
    for token, item in made.items():
        items[int(token)] = item
    return items if isinstance(value, list) else tuple(items)
