"""What a gate found, quoted from the evidence: never a secret, never personal data.

A span that overlaps what `secret_detected` or `personal_data` marked is shown with the rule's name
in its place; where one of them could not judge, nothing of the run is shown at all.
"""

from collections.abc import Iterator, Sequence
from typing import Any, Final

from distill.firewall.judging import without_marks
from distill.firewall.observation import place_of
from distill.firewall.redaction import MARKING
from distill.records.evidence import EvidenceRecord, Mark
from distill.records.pointers import tokens_of

_MOST_QUOTES: Final = 5
_MOST_CHARS: Final = 200
HIDDEN: Final = "not shown"


def quotes(record: EvidenceRecord, gate: str) -> tuple[str, ...]:
    """Return rule, place and text of a gate's first marks; of a secret the text is not shown."""
    told = record.facts.observed.get(gate)
    if told is None:
        return ()
    values = record.as_json()
    return tuple(_quote(record, values, gate, mark) for mark in told.marks[:_MOST_QUOTES])


def is_private(record: EvidenceRecord) -> bool:
    """Say whether a run holds a secret or personal data, or nobody could tell."""
    return record.facts.observers is None or any(
        told.marks or told.undecided is not None
        for gate, told in record.facts.observed.items()
        if gate in MARKING
    )


def _quote(record: EvidenceRecord, values: Any, gate: str, mark: Mark) -> str:
    where = f"{mark.rule} at {without_marks(place_of(mark))}"
    if gate in MARKING or not _is_looked_through(record):
        return f"{where}: {HIDDEN}"
    text = _text_at(values, mark)
    if text is None:
        return where
    end = min(mark.end, mark.start + _MOST_CHARS)
    shown = "".join(_masked(text, mark.start, end, list(_private(record, mark))))
    more = "…" if end < mark.end else ""
    return f"{where}: {shown + more!r}"


def _is_looked_through(record: EvidenceRecord) -> bool:
    told = (record.facts.observed.get(gate) for gate in MARKING)
    is_decided = all(one is None or one.undecided is None for one in told)
    return record.facts.observers is not None and is_decided


def _private(record: EvidenceRecord, mark: Mark) -> Iterator[Mark]:
    for gate in MARKING:
        told = record.facts.observed.get(gate)
        for one in told.marks if told is not None else ():
            if one.at == mark.at and one.in_key == mark.in_key:
                yield one


def _masked(text: str, start: int, end: int, private: Sequence[Mark]) -> Iterator[str]:
    at = start
    for one in sorted(private, key=lambda one: one.start):
        if one.end > at and one.start < end:
            yield text[at : max(one.start, at)]
            yield f"<{one.rule}>"
            at = one.end
    yield text[at:end]


def _text_at(value: Any, mark: Mark) -> str | None:
    """Return the text that a mark's pointer leads to (RFC 6901), null where there is none."""
    tokens = tokens_of(mark.at)
    for token in tokens[:-1] if mark.in_key else tokens:
        try:
            value = value[int(token)] if isinstance(value, list | tuple) else value[token]
        except (KeyError, IndexError, ValueError, TypeError):
            return None
    found = tokens[-1] if mark.in_key else value
    return found if isinstance(found, str) else None
