"""A generated corpus with the shape of the first version's published run, at scored runs.

1,052 runs: 351 accepted, 165 partially accepted (70 of them with no text), 536 rejected or in
review. 99 tasks have one accepted and one rejected run; in 16 of them the pair can't be used: the
prompts differ (10), or an instrument failed the rejected side (6).
Everything else about the runs is invented. What the exporters make of it is not written here.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from distill.firewall.observing import OBSERVERS_VERSION, observe_all
from distill.receipts.digest import digest_bytes
from distill.records.evidence import EvidenceRecord, Provenance
from distill.records.message import Message
from distill.records.scored import EvidenceRef, ScoredRun
from distill.records.taxonomy import Category, SourceRole
from distill.sources.assemble import Observers, SourceContext, assemble, observed
from distill.sources.protocol import RunDraft

ACCEPTED: Final = 351
PARTIAL: Final = 165
PARTIAL_WITHOUT_TEXT: Final = 70
REJECTED: Final = 402
IN_REVIEW: Final = 134
PAIRED_TASKS: Final = 99
OTHER_PROMPT: Final = 10
INSTRUMENT_FAILED: Final = 6

_CONTEXT: Final = SourceContext(
    source="first-version",
    dataset="first-version",
    role=SourceRole.TRAIN,
    licence="proprietary",
    category="scrum_reviews",
)


@dataclass(frozen=True)
class Planned:
    """One run to generate."""

    number: int
    task: str
    category: Category
    prompt: str
    answer: str
    instrument_failure: str | None = None


def plan_runs() -> Iterator[Planned]:
    """Yield the 1,052 runs: the paired tasks first, then runs that are alone in their task."""
    number = 0
    for pair in range(PAIRED_TASKS):
        kind = _kind_of(pair)
        prompt = f"Review change {pair}."
        yield Planned(number, f"pair-{pair}", Category.ACCEPTED, prompt, f"Looks right: {pair}.")
        yield Planned(
            number + 1,
            f"pair-{pair}",
            Category.REJECTED,
            f"Please review change {pair}!" if kind == "other_prompt" else prompt,
            f"Wrong in {pair} places.",
            "the harness timed out" if kind == "instrument" else None,
        )
        number += 2
    alone = [
        *[(Category.ACCEPTED, True)] * (ACCEPTED - PAIRED_TASKS),
        *[(Category.PARTIALLY_ACCEPTED, False)] * PARTIAL_WITHOUT_TEXT,
        *[(Category.PARTIALLY_ACCEPTED, True)] * (PARTIAL - PARTIAL_WITHOUT_TEXT),
        *[(Category.REJECTED, True)] * (REJECTED - PAIRED_TASKS),
        *[(Category.NEEDS_HUMAN_REVIEW, True)] * IN_REVIEW,
    ]
    for category, has_text in alone:
        prompt = f"Review change {number}." if has_text else ""
        answer = f"Answer {number}." if has_text else ""
        yield Planned(number, f"alone-{number}", category, prompt, answer)
        number += 1


def _kind_of(pair: int) -> str:
    if pair < OTHER_PROMPT:
        return "other_prompt"
    if pair < OTHER_PROMPT + INSTRUMENT_FAILED:
        return "instrument"
    return "usable"


def write_scored_workspace(root: Path) -> tuple[Path, Path]:
    """Write evidence and scored runs below `root` and return the two files."""
    evidence = root / "data/evidence/first-version/part-00000.jsonl"
    scored = root / "data/scored/first-version/part-00000.jsonl"
    for path in (evidence, scored):
        path.parent.mkdir(parents=True)
    (root / "distill.toml").write_text("", encoding="utf-8")
    start = 0
    with evidence.open("wb") as records, scored.open("wb") as decisions:
        for planned in plan_runs():
            record = _record(planned)
            line = record.to_line()
            ref = EvidenceRef(
                path=evidence.relative_to(root).as_posix(),
                start=start,
                end=start + len(line),
                blake3=digest_bytes(line).hex,
            )
            records.write(line)
            decisions.write(_scored(planned, record, ref).to_line())
            start += len(line)
    return evidence, scored


def _record(planned: Planned) -> EvidenceRecord:
    raw = f"{planned.number}".encode()
    draft = RunDraft(
        logged_run_id=f"run-{planned.number:04d}",
        task_id=planned.task,
        task_fields=(),
        messages=(
            Message(role="user", content=planned.prompt),
            Message(role="assistant", content=planned.answer),
        ),
        instrument_failure=planned.instrument_failure,
    )
    origin = Provenance(
        source=_CONTEXT.source,
        path="logs/first-version.jsonl",
        start=planned.number,
        end=planned.number + 1,
        line=planned.number + 1,
        blake3=digest_bytes(raw).hex,
    )
    observers = Observers(OBSERVERS_VERSION, observe_all)
    return observed([assemble(draft, _CONTEXT, (origin,))], observers)[0].record


def _scored(planned: Planned, record: EvidenceRecord, ref: EvidenceRef) -> ScoredRun:
    return ScoredRun(
        run_id=record.run_id,
        dataset=record.dataset,
        source=record.source,
        source_category=record.source_category,
        record_class=record.record_class,
        role=record.role,
        task=record.task,
        subject=None,
        category=planned.category,
        rule="replayed",
        reasons=(),
        decided_by=None,
        instrument_failure=planned.instrument_failure,
        output_digest=record.facts.output_digest,
        evidence=ref,
    )
