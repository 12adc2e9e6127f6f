"""From what a scanner finds in bytes to the marks of a run: places, views, overlaps.

A scanner is given bytes and yields spans; none of its rules reaches over a NUL, which stands
between two texts. The texts of a run are scanned as they stand, with their percent escapes decoded,
and within each piece of base64. A span found within base64 is marked by the whole piece.
"""

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import groupby
from typing import Final, NamedTuple, Protocol

from distill.firewall.encodings import (
    Base64,
    PercentDecoded,
    base64_texts,
    char_offsets,
    percent_decoded,
)
from distill.firewall.looking import joined_together, seen
from distill.firewall.needles import Hit
from distill.records.evidence import EvidenceRecord, Mark, Observation
from distill.records.joined_texts import JoinedTexts, PlacedText
from distill.records.pointers import unescape_token
from distill.records.run_texts import LABEL_ROLE, RunTexts


class Span(NamedTuple):
    """What a rule found: bytes, half-open."""

    start: int
    end: int
    rule: str


class Encoded(NamedTuple):
    """What some bytes hold in encodings: in percent escapes, null without any, and in base64."""

    percent: PercentDecoded | None
    base64: Sequence[Base64]


class Scan(Protocol):
    """Finds spans in some bytes; ``hits`` are where its needles stand, null if not known."""

    def __call__(self, raw: bytes, hits: Iterable[Hit] | None = None, /) -> Iterable[Span]:
        """Yield what is found."""

    def __hash__(self) -> int:
        """Return what a cache knows it by."""


#: Endings of log files: behind them a file's name is what somebody chose, such as an address.
_FILE_ENDING: Final = re.compile(r"(?:\.(?:jsonl?|ndjson|gz|eval|traj|log|txt|md))+\Z")

#: More marks than that in one run tell nothing more; the run stays out, since not all are known.
MAX_MARKS: Final = 10_000


def observe_marks(
    texts: RunTexts,
    version: int,
    scan: Scan,
    hits: Iterable[Hit] | None,
    more: Iterable[Span] = (),
) -> Observation | None:
    """Return the marks that a scanner makes in a run's texts and labels; null where it finds none.

    ``hits`` are where its needles stand in the joined texts, null if that is not known; ``more`` is
    what was found there otherwise than by a scanner of bytes. Marks of
    one rule that overlap are one; those of two rules are two, since one of the rules may be
    ignored.

    Law: a run of more than `MAX_MARKS` findings is undecided.
    """
    joined = texts.joined
    spans = _spans(joined, scan, seen(texts, _encoded), hits, more)
    if len(spans) > MAX_MARKS:
        return Observation(version=version, undecided=f"more than {MAX_MARKS} findings")
    return Observation(version=version, marks=tuple(_marks(joined, spans))) if spans else None


def _marks(joined: JoinedTexts, spans: Sequence[Span]) -> Iterator[Mark]:
    """Yield spans of the joined bytes as marks, whose places are characters of one text."""
    for number, found in groupby(spans, key=lambda span: joined.at(span.start)):
        placed, start, of_text = joined.texts[number], joined.starts[number], tuple(found)
        places = sorted({place for span in of_text for place in span[:2]})
        chars = dict(zip(places, char_offsets(joined.raw, start, places), strict=True))
        for span in of_text:
            yield Mark(
                rule=span.rule,
                at=placed.at,
                start=chars[span.start],
                end=chars[span.end],
                in_key=placed.in_key,
            )


def _spans(
    joined: JoinedTexts,
    scan: Scan,
    encoded: Encoded,
    hits: Iterable[Hit] | None = None,
    more: Iterable[Span] = (),
) -> list[Span]:
    return _merged_by_rule([*more, *scan(joined.raw, hits), *_spans_in(encoded, scan)])


def _encoded(runs: Sequence[RunTexts]) -> list[Encoded]:
    """Return what each run's joined texts hold in encodings."""
    raw, begins = joined_together(runs)
    base64: list[list[Base64]] = [[] for _ in runs]
    for start, end, text in base64_texts(raw):
        at = bisect_right(begins, start) - 1
        base64[at].append((start - begins[at], end - begins[at], text))
    percent = (percent_decoded(run.joined.raw) for run in runs)
    return list(map(Encoded, percent, base64))


def _spans_in(encoded: Encoded, scan: Scan) -> Iterator[Span]:
    """Yield what is found in the encoded parts of a text, as spans of the joined texts."""
    decoded = encoded.percent
    if decoded is not None:
        for start, end, rule in scan(decoded.raw):
            yield Span(decoded.source(start), decoded.source(end), rule)
    for start, end, text in encoded.base64:
        for rule in dict.fromkeys(found.rule for found in scan(text)):
            yield Span(start, end, rule)


def _merged_by_rule(spans: list[Span]) -> list[Span]:
    """Return spans in order, those of one rule that overlap as one."""
    if not spans:
        return spans
    of_rule: dict[str, list[Span]] = {}
    for span in spans:
        of_rule.setdefault(span.rule, []).append(span)
    return sorted(one for found in of_rule.values() for one in merged(found))


def marks_of_origin(record: EvidenceRecord, scan: Scan) -> tuple[Mark, ...]:
    """Return the marks in what a row says of where its run is from: paths, pointers, category.

    They are looked for when a run is exported: a run logged twice has several origins, of which its
    observers saw none.
    """
    found = _marks_in("/source_category", record.source_category, scan)
    for number, one in enumerate(record.provenance):
        found += _marks_of_place(number, one.path, one.pointer, scan)
    return found


@lru_cache(maxsize=4096)
def _marks_of_place(number: int, path: str, pointer: str, scan: Scan) -> tuple[Mark, ...]:
    """Return the marks in one place of a log; those of a file's runs have most in common."""
    at = f"/provenance/{number}"
    found = _marks_in(f"{at}/path", _FILE_ENDING.sub("", path), scan)
    return found + _marks_in(f"{at}/pointer", unescape_token(pointer), scan) if pointer else found


@lru_cache(maxsize=4096)
def _marks_in(at: str, text: str, scan: Scan) -> tuple[Mark, ...]:
    joined = JoinedTexts.of((PlacedText(at, LABEL_ROLE, text),))
    encoded = Encoded(percent_decoded(joined.raw), base64_texts(joined.raw))
    return tuple(_marks(joined, _spans(joined, scan, encoded)))


def is_of_origin(mark: Mark) -> bool:
    """Say whether a mark is one of `marks_of_origin`."""
    return mark.at.startswith("/provenance/") or mark.at == "/source_category"


def merged(spans: list[Span]) -> list[Span]:
    """Return spans in order, those that overlap as one; its rule is that of the first.

    Law: no two of the result share a byte, and together they cover what the given ones covered.
    """
    kept: list[Span] = []
    for span in sorted(spans):
        if kept and span.start < kept[-1].end:
            kept[-1] = kept[-1]._replace(end=max(kept[-1].end, span.end))
        else:
            kept.append(span)
    return kept
