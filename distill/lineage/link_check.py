"""Checking the links between a proof's records: each names the one that it was made of."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from distill.lineage.proof import Hop, Proof, RunHops
from distill.lineage.rows import category_of, object_in, places_of, provenance_of, run_ids_of
from distill.lineage.verdict import ProofFault
from distill.receipts.digest import digest_bytes


@dataclass(frozen=True)
class LinkCheck:
    """The records of a proof, held against each other."""

    proof: Proof

    @cached_property
    def row(self) -> dict[str, Any]:
        """The sample."""
        return object_in(self.proof.sample.record)

    @property
    def sample_id(self) -> str:
        """The sample's id, "" where it has none."""
        found = self.row.get("id")
        return found if isinstance(found, str) else ""

    def faults(self) -> Iterator[ProofFault]:
        """Yield the links that don't hold."""
        named = run_ids_of(self.row)
        if not named or list(named) != [run.side for run in self.proof.runs]:
            sides = " and ".join(named) or "no run"
            yield ProofFault("runs", f"the sample was made of {sides}, and the proof shows others")
            return
        for number, run in enumerate(self.proof.runs):
            yield from self._run_faults(f"runs[{number}]", run, named[run.side])

    def notes(self) -> Iterator[str]:
        """Yield what the proof does not follow."""
        for run in self.proof.runs:
            evidence, scored = object_in(run.evidence.record), object_in(run.scored.record)
            run_id = evidence.get("run_id")
            verdicts = evidence.get("verdicts")
            for verdict in verdicts if isinstance(verdicts, list) else ():
                if isinstance(verdict, dict) and verdict.get("path") is not None:
                    yield (
                        f"the verdict {verdict.get('name')!r} on {run_id} comes from"
                        f" {verdict['path']}, a record of which the proof does not show"
                    )
            if scored.get("parent_run_ids"):
                yield f"{run_id} has the category of other runs, which the proof does not show"

    def _run_faults(self, place: str, run: RunHops, run_id: str) -> Iterator[ProofFault]:
        scored, evidence = object_in(run.scored.record), object_in(run.evidence.record)
        if scored.get("run_id") != run_id:
            yield ProofFault(f"{place}.scored", f"not the scored run {run_id} of the sample")
        if evidence.get("run_id") != run_id:
            yield ProofFault(f"{place}.evidence", f"not the evidence of the run {run_id}")
        if scored.get("category") != category_of(self.row, run.side):
            yield ProofFault(f"{place}.scored", "the sample gives the run another category")
        if not _is_referred(scored.get("evidence"), run.evidence):
            yield ProofFault(f"{place}.scored", "what was scored is another line of evidence")
        places = provenance_of(evidence)
        if places != places_of(self.row, run.side):
            yield ProofFault(f"{place}.evidence", "the sample names other raw records")
        if not places or len(places) != len(run.raw):
            yield ProofFault(f"{place}.raw", f"the evidence names {len(places)} raw records")
            return
        for number, (where, raw) in enumerate(zip(places, run.raw, strict=True)):
            if not _is_place(where, raw):
                yield ProofFault(f"{place}.raw[{number}]", "not the record that the evidence names")


def _is_referred(reference: Any, evidence: Hop) -> bool:
    """Whether a scored run's reference is to this line of evidence, newline counted."""
    line = evidence.record + b"\n"
    return (
        isinstance(reference, dict)
        and reference.get("path") == evidence.file.path
        and reference.get("blake3") == digest_bytes(line).hex
        and _length(reference) == len(line)
    )


def _is_place(where: dict[str, Any], raw: Hop) -> bool:
    """Whether a place in an evidence record's provenance is that of this raw record."""
    return (
        where.get("path") == raw.file.path
        and where.get("blake3") == digest_bytes(raw.record).hex
        and _length(where) == len(raw.record)
    )


def _length(where: dict[str, Any]) -> int | None:
    start, end = where.get("start"), where.get("end")
    return end - start if isinstance(start, int) and isinstance(end, int) else None
