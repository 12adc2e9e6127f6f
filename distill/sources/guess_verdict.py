"""A proposal of how to read a verdict's values; the user confirms it in `distill.toml`."""

from typing import Any, Final

from distill.records.taxonomy import Polarity, VerdictOrigin
from distill.sources.columns import Column

_MOST_VALUES: Final = 8
_WORDS: Final = {
    "accepted": {
        *("accepted", "accept", "approved", "approve", "pass", "passed", "correct", "resolved"),
        *("success", "succeeded", "solved", "yes", "true", "good", "c", "ok", "win", "thumbs_up"),
    },
    "partially_accepted": {"partial", "partially_accepted", "partially", "p", "cycle"},
    "rejected": {
        *("rejected", "reject", "declined", "fail", "failed", "incorrect", "unresolved", "wrong"),
        *("failure", "unsolved", "no", "false", "bad", "i", "loss", "thumbs_down"),
    },
    "instrument_failure": {"error", "errored", "timeout", "timed_out", "crashed", "infra_failure"},
}
_ORIGINS: Final = (
    (VerdictOrigin.HUMAN_FEEDBACK, ("feedback", "thumb", "rating", "human", "decision", "verdict")),
    (VerdictOrigin.MODEL_JUDGE, ("judge", "score", "grade", "eval")),
    (VerdictOrigin.TEST_HARNESS, ("solved", "correct", "pass", "reward", "success", "test")),
)
NAME_THE_JUDGE: Final = (
    'where a model judged, name it in this table: judge = "…"; else nobody can tell whether the'
    " runs' own model did, and the gate self_judged keeps them out of SFT and preference"
)
_BAD_WHEN_HIGH: Final = ("hallucination", "toxicity", "error_rate", "perplexity", "loss")


def guess_verdict(column: Column, pointer: str) -> tuple[dict[str, Any], list[str]]:
    """Return the `verdict` table for a column and what the user should know of the guess."""
    table: dict[str, Any] = {
        "pointer": pointer,
        "name": column.name,
        "origin": _origin(column.name).value,
    }
    notes = [f"verdict: {pointer} {column.describe()}"]
    if column.types == {"boolean"}:
        table |= {"accepted": [True], "rejected": [False]}
    elif column.types == {"number"}:
        _guess_numbers(column, table, notes)
    else:
        _guess_words(column, table, notes)
    notes.append(f"verdict: its origin is a guess: {table['origin']}")
    if table["origin"] == VerdictOrigin.MODEL_JUDGE.value:
        notes.append(NAME_THE_JUDGE)
    return table, notes


def is_verdict_like(column: Column) -> bool:
    """Say whether the values could be judgements: booleans, numbers, or a few known words."""
    if column.types in ({"boolean"}, {"number"}):
        return True
    distinct = {value for value in column.values if isinstance(value, str)}
    is_small = column.types == {"string"} and len(distinct) <= _MOST_VALUES
    return is_small and any(_outcome(value) for value in distinct)


def _guess_numbers(column: Column, table: dict[str, Any], notes: list[str]) -> None:
    low, high = min(column.values), max(column.values)
    if set(column.values) <= {0, 1}:
        table |= {"accepted": [1], "rejected": [0]}
    elif low >= 0 and high <= 1:
        table["thresholds"] = {"accepted": 1.0, "partially_accepted": 0.5}
        notes.append("verdict: numbers between 0 and 1: check the thresholds")
    else:
        table["thresholds"] = {"accepted": float(high)}
        notes.append(f"verdict: numbers from {low} to {high}: set the thresholds yourself")
    if any(word in column.name for word in _BAD_WHEN_HIGH):
        table["polarity"] = Polarity.LOWER_IS_BETTER.value
        table.pop("accepted", None)
        table.pop("rejected", None)
        table["thresholds"] = {"accepted": float(low)}
        notes.append("verdict: by its name a low value is good")


def _guess_words(column: Column, table: dict[str, Any], notes: list[str]) -> None:
    unknown = []
    for value in sorted({value for value in column.values if isinstance(value, str)}):
        outcome = _outcome(value)
        if outcome is None:
            unknown.append(value)
        else:
            table.setdefault(outcome, []).append(value)
    if unknown:
        named = ", ".join(repr(value[:40]) for value in unknown)
        notes.append(f"verdict: put these values into the map too: {named}")


def _outcome(value: str) -> str | None:
    word = value.strip().lower().replace(" ", "_").replace("-", "_")
    return next((outcome for outcome, words in _WORDS.items() if word in words), None)


def _origin(name: str) -> VerdictOrigin:
    for origin, parts in _ORIGINS:
        if any(part in name for part in parts):
            return origin
    is_test = name in ("resolved", "outcome", "status", "result")
    return VerdictOrigin.TEST_HARNESS if is_test else VerdictOrigin.HEURISTIC
