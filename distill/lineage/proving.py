"""From a sample's id to its proof: the row, its scored runs, their evidence, their raw records."""

from collections.abc import Iterable, Iterator

from distill.errors import ConfigurationError, VerificationError
from distill.lineage.chain import EXPORTS, Chain
from distill.lineage.ledger_lines import LedgerLines
from distill.lineage.needed import needed_facts
from distill.lineage.proof import Proof, RunHops, files_of
from distill.lineage.raw_files import RawFiles
from distill.lineage.record_files import MOST_IDS, RecordFile, RecordFiles, file_of_lines
from distill.lineage.record_trees import tree_notes
from distill.lineage.rows import object_in, places_of, provenance_of, run_ids_of
from distill.lineage.shown_receipts import show_receipts
from distill.receipts.ledger.checkpoint import Note
from distill.receipts.receipt import Receipt
from distill.receipts.store import ReceiptStore
from distill.receipts.workspace import Workspace


def prove_sample(workspace: Workspace, sample: str, since: Note | None = None) -> Proof:
    """Return the proof of a sample, given by its id or a unique prefix of it.

    The proof stands under the ledger's newest checkpoint; ``since`` is an older one that somebody
    keeps, from which the proof then shows the growth.

    Raises:
        ConfigurationError: no sample has this id, or several have.
        SourceError: a file of the chain is not here.
        VerificationError: a file of the chain is not what its receipt names.
        ContractError: the chain has no receipts, or they are not in the ledger.
    """
    store = ReceiptStore(workspace)
    with RecordFiles(workspace) as files:
        proving = _Proving(store, files)
        export, file, index = proving.find(sample)
        hop = files.hop(file, index)
        chain = Chain(store, export)
        runs = tuple(proving.runs(chain, hop.record))
        parents = (chain.evidence.digest, chain.scored.digest)
        needed = needed_facts(hop, runs, parents, tree_notes(chain.evidence))
        lines = LedgerLines.of(workspace)
        receipts = show_receipts(chain, needed, lines)
        numbers = [one.line for one in receipts.by_name.values()]
        head = lines.head(numbers, since)
        return Proof(files_of(runs, hop), head, receipts, runs, hop)


class _Proving:
    """Finds the records of one chain."""

    def __init__(self, store: ReceiptStore, files: RecordFiles) -> None:
        self._store = store
        self._files = files

    def find(self, sample: str) -> tuple[Receipt, RecordFile, int]:
        """Return where the sample stands: its export's receipt, its file, its record's number."""
        candidates = list(self._candidates(sample))
        files = [file for _, file in candidates]
        found = self._matches(candidates, sample)
        if not found and self._files.recheck(files):
            found = self._matches(candidates, sample)
        ids = sorted({name for name, *_ in found})
        if sample in ids:
            found = [one for one in found if one[0] == sample]
            ids = [sample]
        if not found:
            raise ConfigurationError(
                f"no sample has an id that begins with {sample[:80]!r}", self._hint()
            )
        if len(ids) > 1:
            shown = ", ".join(ids[:3]) + (" …" if len(ids) > 3 else "")
            number = f"{len(ids)} or more" if len(ids) >= MOST_IDS else str(len(ids))
            raise ConfigurationError(
                f"{number} samples have ids that begin with {sample[:80]!r}",
                f"give more of the id: {shown}",
            )
        return found[0][1:]

    def _hint(self) -> str:
        if all(self._store.newest_passed(f"export_{kind}") is None for kind in EXPORTS):
            return "`distill run` makes some"
        begins = ", ".join(f"{kind}-" for kind in EXPORTS)
        return f"ids are those of the rows in exports/, and begin with one of {begins}"

    def runs(self, chain: Chain, row: bytes) -> Iterator[RunHops]:
        """Yield the hops of each run that a row was made of."""
        raw = RawFiles(chain.evidence, self._files)
        found = object_in(row)
        for side, run_id in run_ids_of(found).items():
            sources = {str(place["source"]) for place in places_of(found, side)}
            scored = chain.scored_run(self._files, run_id, sources)
            if scored is None:
                raise VerificationError(f"no scored run has the id {run_id!r} of the sample")
            evidence = chain.evidence_at(self._files, object_in(scored.record).get("evidence"))
            places = provenance_of(object_in(evidence.record))
            yield RunHops(side, tuple(raw.hop(place) for place in places), evidence, scored)

    def _candidates(self, sample: str) -> Iterator[tuple[Receipt, RecordFile]]:
        for kind in EXPORTS:
            begin = f"{kind}-"
            if not (sample.startswith(begin) or begin.startswith(sample)):
                continue
            receipt = self._store.newest_passed(f"export_{kind}")
            if receipt is None:
                continue
            for entry in receipt.claim.outputs:
                if entry.role == "rows" and entry.root is not None:
                    yield receipt, file_of_lines(receipt, entry, "id")

    def _matches(
        self, candidates: Iterable[tuple[Receipt, RecordFile]], sample: str
    ) -> list[tuple[str, Receipt, RecordFile, int]]:
        return [
            (name, receipt, file, index)
            for receipt, file in candidates
            for name, index in self._files.find(file, sample)
        ]
