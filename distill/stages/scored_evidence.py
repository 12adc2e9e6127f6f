"""The evidence of scored runs: the line that a run was scored by, found and checked."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Self

from distill.errors import ContractError
from distill.receipts.digest import blake3_hex
from distill.receipts.scope import current_workspace
from distill.records.evidence import EvidenceRecord
from distill.records.scored import ScoredRun
from distill.stages.lines import RandomReader


class EvidenceFiles:
    """Finds a scored run's evidence line, and checks that it is the line that was scored.

    ``evidence`` are the evidence files by recorded path.
    """

    def __init__(self, evidence: Mapping[str, Path]) -> None:
        self._paths = evidence
        self._reader = RandomReader()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._reader.close()

    def of(self, run: ScoredRun) -> EvidenceRecord:
        """Return the evidence of a run.

        Raises:
            ContractError: the line is not there, or is not the one that was scored.
        """
        ref = run.evidence
        path = self._paths.get(ref.path)
        line = b"" if path is None else self._reader.read(path, ref.start, ref.end)
        if blake3_hex(line) != ref.blake3:
            raise ContractError(
                f"{run.run_id}: its evidence, bytes {ref.start} to {ref.end} of {ref.path}, is not"
                " what was scored",
                "run `distill run`: it rebuilds what no longer fits together",
            )
        return EvidenceRecord.from_line(line)


def evidence_files(evidence: Sequence[Path]) -> dict[str, Path]:
    """Return files by recorded path."""
    workspace = current_workspace()
    return {workspace.record_path(path): path for path in evidence}
