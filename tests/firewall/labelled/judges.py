"""Runs whose verdicts can't be relied on, and runs whose verdicts only look like it."""

from collections.abc import Iterator
from itertools import product

from distill.firewall.stale_verdict import told_of
from distill.records.evidence import EvidenceRecord, Verdict
from distill.records.scored import DecidingVerdict
from distill.records.taxonomy import Category, VerdictOrigin
from tests.exports.builders import Run, evidence, score, verdict
from tests.firewall.labelled.labelled_set import LabelledSet, found_in_scored

_JUDGE, _TEST = VerdictOrigin.MODEL_JUDGE, VerdictOrigin.TEST_HARNESS
_ALIKE = (
    ("gpt-4o", "openai/gpt-4o-2024-08-06"),
    ("gpt-4-0613", "gpt-4"),
    ("claude-3-5-sonnet-20241022", "anthropic/claude-3-5-sonnet-latest"),
    ("anthropic.claude-3-5-sonnet-20241022-v2:0", "claude-3-5-sonnet"),
    ("Qwen/Qwen2.5-72B-Instruct", "qwen2.5-72b-instruct"),
    ("meta-llama/Llama-3.3-70B", "llama-3.3-70b"),
)
_OTHERS = (
    ("gpt-4o", "gpt-4o-mini"),
    ("gpt-4", "gpt-4.1"),
    ("claude-3-5-sonnet-20241022", "claude-3-5-haiku-20241022"),
    ("Qwen/Qwen2.5-72B-Instruct", "Qwen/Qwen2.5-7B-Instruct"),
    ("llama-3.3-70b", "llama-3.1-70b"),
    ("o1", "o1-mini"),
)


def _judged(
    model: str | None, judges: tuple[str | None, ...], number: int, origin: VerdictOrigin = _JUDGE
) -> Run:
    value = float(number)
    said = (
        verdict(origin=origin, value=value, name=f"q{n}", judge=judge)
        for n, judge in enumerate(judges)
    )
    record = evidence(f"trial/{number}", model=model, verdicts=tuple(said))
    return score(record, decided_by=DecidingVerdict(name="q0", origin=origin, value=value)), record


def _by_themselves() -> Iterator[Run]:
    for number, (one, other) in product(range(9), _ALIKE):
        yield _judged(one, (other,), number)
        yield _judged(other, (one, one), number)


def _by_others() -> Iterator[Run]:
    for number, (one, other) in product(range(5), _OTHERS):
        yield _judged(one, (other,), number)
        yield _judged(one, (one, other), number)
        yield _judged(one, (one,), number, _TEST)
        yield _judged(None, (one, other), number)


def _disputed(rule: str, number: int, *, dissent: bool = False) -> Run:
    record: EvidenceRecord = evidence(f"trial/{rule}-{number}")
    against = DecidingVerdict(name="thumbs", origin=VerdictOrigin.HUMAN_FEEDBACK, value=number)
    is_settled = rule in ("highest_rank", "inherited")
    category = Category.ACCEPTED if is_settled else Category.NEEDS_HUMAN_REVIEW
    return score(record, category, rule=rule, dissent=(against,) if dissent else ()), record


def _conflicts() -> Iterator[Run]:
    for number in range(35):
        yield _disputed("same_rank_disagrees", number, dissent=True)
        yield _disputed("same_output_opposite_verdicts", number)
        yield _disputed("parents_disagree", number)


def _agreements() -> Iterator[Run]:
    for number in range(30):
        yield _disputed("highest_rank", number)
        yield _disputed("inherited", number)
        yield _disputed("no_verdict", number)
        yield _disputed("instrument_failure", number)


def _stale(stale: tuple[VerdictOrigin, ...], decided: VerdictOrigin | None, number: int) -> Run:
    verdicts: tuple[Verdict, ...] = () if decided is None else (verdict(origin=decided),)
    observed = {"stale_verdict": told_of(stale)} if stale else {}
    record = evidence(f"trial/{number}", verdicts=verdicts, facts={"observed": observed})
    by = None if decided is None else DecidingVerdict(name="reward", origin=decided, value=1.0)
    return score(record, decided_by=by), record


def _outdated() -> Iterator[Run]:
    for number, above in product(range(8), VerdictOrigin):
        below = [None, *(one for one in VerdictOrigin if one.rank > above.rank)]
        yield from (_stale((above, VerdictOrigin.HEURISTIC), one, number) for one in below)


def _up_to_date() -> Iterator[Run]:
    for number, stale in product(range(8), VerdictOrigin):
        above = [one for one in VerdictOrigin if one.rank <= stale.rank]
        yield from (_stale((stale,), one, number) for one in above)
        yield _stale((), stale, 100 + number)


SELF_JUDGED = LabelledSet(
    gate="self_judged",
    positives=tuple(_by_themselves()),
    negatives=tuple(_by_others()),
    finds=found_in_scored("self_judged"),
    misses="one model under two names that no rule joins",
)

CONFLICTING_VERDICTS = LabelledSet(
    gate="conflicting_verdicts",
    positives=tuple(_conflicts()),
    negatives=tuple(_agreements()),
    finds=found_in_scored("conflicting_verdicts"),
    misses="a dissent of a lower rank, unless `lower_rank` says so",
)

STALE_VERDICT = LabelledSet(
    gate="stale_verdict",
    positives=tuple(_outdated()),
    negatives=tuple(_up_to_date()),
    finds=found_in_scored("stale_verdict"),
    misses="verdicts that do not name the content they are for",
)
