"""Which facts a proof shows: those that name its files and lead through its receipts, no others.

The one who makes a proof asks for them, and the one who checks it demands them.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from distill.lineage.proof import Hop, RunHops
from distill.lineage.record_trees import tree_note
from distill.lineage.rows import object_in, provenance_of
from distill.receipts.digest import Digest
from distill.receipts.facts import Fact, InputFact, NamedFile, NoteFact, OutputFact, ParentFact


@dataclass(frozen=True, slots=True)
class Needed:
    """The facts that are needed of each receipt; one may stand there twice."""

    evidence: tuple[Fact, ...]
    scored: tuple[Fact, ...]
    export: tuple[Fact, ...]


def needed_facts(
    sample: Hop, runs: Sequence[RunHops], parents: tuple[Digest, Digest], notes: Iterable[NoteFact]
) -> Needed:
    """Return the facts that lead over these records.

    ``parents`` are the receipts of the evidence and of the scored runs; ``notes`` those of the
    first, of which the trees over the raw records are needed.
    """
    evidence = _files(run.evidence for run in runs)
    scored = _files(run.scored for run in runs)
    raw = _files(hop for run in runs for hop in run.raw)
    places = [place for run in runs for place in raw_places(run)]
    known = tuple(notes)
    trees = (tree_note(known, source, hop.file.path) for source, hop in places)
    read = tuple(InputFact(file) for file in evidence)
    indexed, judged = (ParentFact(parent) for parent in parents)
    return Needed(
        evidence=(
            *(InputFact(file) for file in raw),
            *(OutputFact(file) for file in evidence),
            *(tree for tree in trees if tree is not None),
        ),
        scored=(*read, *(OutputFact(file) for file in scored), indexed),
        export=(
            *read,
            *(InputFact(file) for file in scored),
            OutputFact(sample.file),
            indexed,
            judged,
        ),
    )


def raw_places(run: RunHops) -> Iterator[tuple[str, Hop]]:
    """Yield each raw record of a run with the source that the evidence says it is of."""
    places = provenance_of(object_in(run.evidence.record))
    for place, hop in zip(places, run.raw, strict=False):  # told elsewhere where they differ
        yield str(place.get("source")), hop


def _files(hops: Iterable[Hop]) -> list[NamedFile]:
    return list(dict.fromkeys(hop.file for hop in hops))
