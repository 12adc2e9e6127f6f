"""A run that was logged twice: what the second log knows of it, and the first does not.

Two logs of one run have one content, and may still differ in what a gate asks about: the role and
licence of their sources, an instrument that failed, answer keys, a repository's listing, a limit
that ended the run. The run keeps the worse of each, so that no order of logs makes it better.
"""

from collections.abc import Iterable
from typing import Final, Self

from msgspec import field

from distill.firewall import (
    benchmark_contamination,
    oracle_access,
    prompt_injection,
    truncated_run,
)
from distill.firewall.licence_disallowed import UNKNOWN
from distill.records.evidence import EvidenceRecord, Observation
from distill.records.record import Record
from distill.records.taxonomy import SourceRole

#: Gates whose observers look at more than a run's content: task tables, how the run ended, and
#: which of its turns the log's format says are observations.
_BESIDE_CONTENT: Final = (
    benchmark_contamination.NAME,
    oracle_access.NAME,
    prompt_injection.NAME,
    truncated_run.NAME,
)


class Twin(Record, frozen=True, kw_only=True):
    """What a log says of a run beside its content, its places and its verdicts."""

    role: SourceRole
    licence: str
    repository: str | None
    instrument_failure: str | None
    hallucinated_paths: tuple[str, ...] | None
    answer_key_in_prompt: bool
    observed: dict[str, Observation] = field(default_factory=dict)

    @classmethod
    def of(cls, record: EvidenceRecord) -> Self:
        """Return what a record says."""
        facts = record.facts
        return cls(
            role=record.role,
            licence=record.licence,
            repository=record.repository,
            instrument_failure=record.instrument_failure,
            hallucinated_paths=facts.hallucinated_paths,
            answer_key_in_prompt=facts.answer_key_in_prompt,
            observed={k: facts.observed[k] for k in _BESIDE_CONTENT if k in facts.observed},
        )

    def joined_to(self, record: EvidenceRecord) -> EvidenceRecord:
        """Return a record of the same run that knows this too.

        Law: what kept the run out under either log keeps it out.
        """
        facts = record.facts
        is_evaluation = SourceRole.EVALUATION in (self.role, record.role)
        return record.changed(
            role=SourceRole.EVALUATION if is_evaluation else record.role,
            licence=_both(record.licence, self.licence),
            repository=record.repository or self.repository,
            instrument_failure=record.instrument_failure or self.instrument_failure,
            facts=facts.changed(
                hallucinated_paths=_all_paths(facts.hallucinated_paths, self.hallucinated_paths),
                answer_key_in_prompt=facts.answer_key_in_prompt or self.answer_key_in_prompt,
                observed=_worse(facts.observed, self.observed),
            ),
        )


def with_twins(record: EvidenceRecord, others: Iterable[EvidenceRecord]) -> EvidenceRecord:
    """Return a run's record with what its other logs know, given in their order."""
    known = [Twin.of(record)]
    for other in others:
        twin = Twin.of(other)
        if twin not in known:
            known.append(twin)
            record = twin.joined_to(record)
    return record


def _both(licence: str, other: str) -> str:
    """Return the licence of a text that stands under both; unknown where one of them is."""
    unknown = [one for one in (licence, other) if one.strip().lower() in UNKNOWN]
    if licence == other or unknown:
        return unknown[0] if unknown else licence
    return " AND ".join(f"({one})" for one in sorted((licence, other)))


def _all_paths(
    paths: tuple[str, ...] | None, others: tuple[str, ...] | None
) -> tuple[str, ...] | None:
    if paths is None or others is None:
        return paths if others is None else others
    return tuple(sorted({*paths, *others}))


def _worse(
    observed: dict[str, Observation], others: dict[str, Observation]
) -> dict[str, Observation]:
    found = {gate: _joined(observed.get(gate), other) for gate, other in others.items()}
    return {**observed, **found}


def _joined(one: Observation | None, other: Observation) -> Observation:
    """Return what two observations tell together; a log that says what ended a run goes first."""
    if one is None or one == other:
        return other
    first, second = (other, one) if "rule" in other.names and not other.marks else (one, other)
    shares = {
        name: max(first.numbers.get(name, 0), second.numbers.get(name, 0))
        for name in {**first.numbers, **second.numbers}
    }
    return Observation(
        version=first.version,
        undecided=first.undecided or second.undecided,
        marks=tuple(dict.fromkeys((*first.marks, *second.marks))),
        numbers=shares,
        names={**second.names, **first.names},
    )
