"""From a draft to its run: the source's own terms, its task table and its repository at hand."""

from collections.abc import Iterable, Sequence
from functools import partial

from msgspec.structs import replace

from distill.firewall.hallucinated_file_path import hallucinated_paths
from distill.firewall.observing import OBSERVERS_VERSION, observe_all
from distill.records.evidence import Provenance, Verdict
from distill.records.taxonomy import SourceRole, VerdictOrigin
from distill.sources.assemble import AssembledRun, Observers, SourceContext, assemble, observed
from distill.sources.protocol import RunDraft, Source
from distill.stages.jobs import SourceJob
from distill.stages.surroundings import Surroundings


class RunAssembler:
    """Assembles the runs of one source; pure, once the surroundings are read."""

    def __init__(self, job: SourceJob, source: Source, surroundings: Surroundings) -> None:
        self._surroundings = surroundings
        asked = partial(
            observe_all, benchmarks=surroundings.benchmarks, find_names=surroundings.find_names
        )
        self._judge = job.table.judge
        self._observers = Observers(OBSERVERS_VERSION, asked)
        self._context = SourceContext(
            source=job.table.name,
            dataset=job.table.dataset,
            role=job.table.role or SourceRole.EVALUATION,
            licence=job.table.licence or "",
            category=job.table.category or source.kind,
        )

    def run(self, draft: RunDraft, origin: tuple[Provenance, ...]) -> AssembledRun:
        """Return the run of a draft, whose records stand at these places; nobody observed it yet.

        Raises:
            RecordError: the draft can't be used.
        """
        listing = self._surroundings.listing(draft.task_id)
        made_up = None if listing is None else hallucinated_paths(draft.messages, listing)
        if self._judge is not None:
            verdicts = tuple(with_judge(one, self._judge) for one in draft.verdicts)
            draft = replace(draft, verdicts=verdicts)
        return assemble(
            draft,
            self._context,
            origin,
            task=self._surroundings.task(draft.task_id),
            hallucinated_paths=made_up,
        )

    def observed(self, runs: Sequence[AssembledRun]) -> list[AssembledRun]:
        """Return runs with what the observers tell of each."""
        return observed(runs, self._observers)


def with_judge(verdict: Verdict, judge: str | None) -> Verdict:
    """Return a verdict that names its source's `judge`, where a model judged and none is named."""
    is_unnamed = verdict.origin is VerdictOrigin.MODEL_JUDGE and verdict.judge is None
    return verdict.changed(judge=judge) if is_unnamed and judge is not None else verdict


def pointed(origin: Iterable[Provenance], pointer: str) -> tuple[Provenance, ...]:
    """Return the places, with the pointer from the first record to the run appended to its own."""
    if not pointer:
        return tuple(origin)
    first, *others = origin
    return (first.changed(pointer=first.pointer + pointer), *others)
