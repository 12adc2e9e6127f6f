"""The receipts from an export back to the logs, and the records that they lead over."""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import cached_property
from pathlib import PurePosixPath
from typing import Any, Final

from distill.errors import ContractError, VerificationError
from distill.lineage.proof import Hop
from distill.lineage.record_files import RecordFiles, file_of_lines
from distill.receipts.receipt import Receipt
from distill.receipts.store import ReceiptStore

EXPORTS: Final = ("rag", "sft", "preference")
EVIDENCE: Final = "build_evidence_index"
SCORED: Final = "score_runs"


@dataclass(frozen=True)
class Chain:
    """An export's receipt, and its parents as each receipt names them.

    Raises:
        ContractError: a receipt names no such parent.
        VerificationError: a parent is missing or damaged.
    """

    store: ReceiptStore
    export: Receipt

    @cached_property
    def scored(self) -> Receipt:
        """The receipt of the scored runs that were exported."""
        return self._parent(self.export, SCORED)

    @cached_property
    def evidence(self) -> Receipt:
        """The receipt of the evidence that was scored."""
        return self._parent(self.scored, EVIDENCE)

    def scored_run(
        self, files: RecordFiles, run_id: str, sources: AbstractSet[str] | None = None
    ) -> Hop | None:
        """Return the hop of a scored run (of one of these sources), null where there is none.

        Raises:
            VerificationError: a file is not what its receipt names.
            SourceError: a file is not here.
        """
        shards = [
            file_of_lines(self.scored, entry, "run_id")
            for entry in self.scored.claim.outputs
            if entry.root is not None
            and (sources is None or PurePosixPath(entry.path).parent.name in sources)
        ]
        for _ in range(2):  # the second time with sidecars that were read whole
            for file in shards:
                for name, index in files.find(file, run_id, most=1):  # the id itself comes first
                    if name == run_id:
                        return files.hop(file, index)
            if not files.recheck(shards):
                break
        return None

    def evidence_at(self, files: RecordFiles, reference: Any) -> Hop:
        """Return the hop of the evidence that a scored run's reference names.

        Raises:
            VerificationError: there is none, or a file is not what its receipt names.
            SourceError: a file is not here.
        """
        reference = reference if isinstance(reference, Mapping) else {}
        path, start = reference.get("path"), reference.get("start")
        for entry in self.evidence.claim.outputs:
            if entry.path == path and isinstance(start, int):
                return files.hop_at(file_of_lines(self.evidence, entry), start)
        raise VerificationError(f"no output of the evidence receipt is the file {path}")

    def _parent(self, child: Receipt, stage: str) -> Receipt:
        for parent, digest in zip(child.claim.parents, child.run.parents, strict=False):
            if parent.stage == stage:
                return self.store.get(digest)
        raise ContractError(
            f"the receipt {child.digest.short}… of {child.claim.stage} names no receipt of {stage}",
            "its inputs were edited or their receipts were gone when it ran: `distill run`",
        )
