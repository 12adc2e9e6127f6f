"""The conformance test that every reader passes, ours and those of other packages.

Call `check_source` in a test with your reader and a few files' bytes. It asserts the rules of
`distill.sources.protocol` on what the reader answers.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from distill.errors import ConfigurationError
from distill.records.taxonomy import QuarantineReason, VerdictOutcome
from distill.sources.facts import MIN_ANSWER_KEY_CHARS, holds_answer_key
from distill.sources.framing import records_in
from distill.sources.protocol import (
    Answer,
    BadFrame,
    LooseVerdict,
    NoRun,
    RecordError,
    RunDraft,
    Source,
)
from distill.sources.row_reader import RowReader
from distill.sources.rows import split_row

Rows = list[dict[str, Any]]
_UNKNOWN_KEY = "a_key_that_no_source_has"


class _Refusal(NamedTuple):
    """A `RecordError` as a value, so that two can be compared."""

    reason: str
    rule: str
    detail: str


def check_source(
    kind: type[Source], settings: Mapping[str, Any], samples: Mapping[str, bytes]
) -> None:
    """Hold a reader against the protocol, on files given as path → decompressed bytes.

    Raises:
        AssertionError: names the rule that is broken, and the file.
    """
    _check_shape(kind, settings)
    one, two = kind.from_settings(settings), kind.from_settings(settings)
    found: list[Answer | _Refusal] = []
    for path, rows in _asked(one, samples):
        first, second = _answers(one, rows, path), _answers(two, rows, path)
        _require(first == second, f"{path}: two readers answer one record differently")
        for answer in first:
            _check_answer(answer, one, path)
        found += first
    told = [answer for answer in found if isinstance(answer, RunDraft | LooseVerdict)]
    _require(bool(told), "no sample holds a run or a verdict")
    oddities: tuple[dict[str, Any], ...] = ({}, {"\0": None}, {"a": [[[]]]})
    for strange in oddities:
        _answers(one, [strange], "strange.jsonl")


def _require(condition: bool, rule: str) -> None:
    if not condition:
        raise AssertionError(rule)


def _check_shape(kind: type[Source], settings: Mapping[str, Any]) -> None:
    _require(bool(kind.kind), "a source names its kind")
    source = kind.from_settings(settings)
    for name in ("framing", "records_at", "verdict_only", "joined", "group_by", "order_by"):
        _require(hasattr(source, name), f"a source has {name}")
    message = ""
    try:
        kind.from_settings({**settings, _UNKNOWN_KEY: 1})
    except ConfigurationError as error:
        message = error.message
    _require(_UNKNOWN_KEY in message, "an unknown key is refused by name")
    _require(kind.recognise("empty.jsonl", []) is None, "nothing is recognised in nothing")


def _asked(source: Source, samples: Mapping[str, bytes]) -> Iterator[tuple[str, Rows]]:
    """Yield what a reader is asked about: each record, or with `group_by` each group."""
    groups: dict[str, tuple[str, Rows]] = {}
    for path, data in samples.items():
        for rows in _rows(source, path, data):
            if source.group_by is None:
                yield path, rows
                continue
            parts = split_row(source, rows[0], path)
            for key, part in parts:
                _require(isinstance(key, str | int), f"{path}: a sample's row has no group")
                groups.setdefault(str(key), (path, []))[1].append(part)
            if not parts:
                yield path, rows
    yield from groups.values()


def _rows(source: Source, path: str, data: bytes) -> Iterator[Rows]:
    reader = RowReader(source)
    for record in records_in(source, data):
        if isinstance(record, BadFrame) or record.is_envelope:
            continue
        try:
            yield reader.rows(path, record)
        except RecordError:
            continue


def _answers(source: Source, rows: Rows, path: str) -> list[Answer | _Refusal]:
    before = json.dumps(rows, sort_keys=True)
    found: list[Answer | _Refusal] = []
    try:
        found += source.answer(rows, path=path)
    except RecordError as error:
        _require(error.reason in set(QuarantineReason), f"{path}: a refusal without a reason")
        _require(bool(error.rule and error.detail), f"{path}: a refusal without rule or detail")
        found = [_Refusal(error.reason, error.rule, error.detail)]
    _require(bool(found), f"{path}: a record is passed over in silence")
    _require(json.dumps(rows, sort_keys=True) == before, f"{path}: a reader changes its row")
    return found


def _check_answer(answer: Answer | _Refusal, source: Source, path: str) -> None:
    if isinstance(answer, RunDraft):
        _require(not source.verdict_only, f"{path}: a verdict-only source gives a run")
        _require(answer.messages is None or answer.text is None, f"{path}: messages and text")
        judged = {verdict.outcome for verdict in answer.verdicts}
        is_excused = answer.instrument_failure is None or VerdictOutcome.REJECTED not in judged
        _require(is_excused, f"{path}: an instrument's failure rejects a run")
        _check_answer_keys(answer, path)
    elif isinstance(answer, LooseVerdict):
        _require(bool(answer.match), f"{path}: a verdict that matches every run")
        _require(answer.verdict.path == path, f"{path}: a loose verdict does not name its file")
    elif isinstance(answer, NoRun):
        _require(bool(answer.kind), f"{path}: a record that is no run of no kind")


def _check_answer_keys(draft: RunDraft, path: str) -> None:
    """Answer keys stand in no text, tool or message that the model was given."""
    tools = json.dumps(draft.tools, ensure_ascii=False)
    is_shown = any(key in (draft.text or "") or key in tools for key in _telling(draft))
    is_given = holds_answer_key(draft.messages or (), draft.answer_keys)
    _require(not is_shown and not is_given, f"{path}: an answer key is shown")


def _telling(draft: RunDraft) -> list[str]:
    return [key for key in draft.answer_keys if len(key) >= MIN_ANSWER_KEY_CHARS]
