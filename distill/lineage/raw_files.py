"""The raw files behind an evidence receipt, each with the head that the receipt holds for it."""

from collections.abc import Mapping
from typing import Any

from distill.errors import VerificationError
from distill.lineage.proof import Hop
from distill.lineage.record_files import RecordFile, RecordFiles, file_of_lines
from distill.lineage.record_trees import raw_head, tree_notes
from distill.lineage.recorded import recorded_job
from distill.receipts.facts import NamedFile
from distill.receipts.receipt import Receipt


class RawFiles:
    """Finds raw records by the places that evidence names."""

    def __init__(self, evidence: Receipt, files: RecordFiles) -> None:
        self._evidence = evidence
        self._files = files
        self._trees = tree_notes(evidence)

    def hop(self, place: Mapping[str, Any]) -> Hop:
        """Return the hop of the raw record at one entry of an evidence record's provenance.

        Raises:
            VerificationError: the receipt names no such file, or the file is not what it names.
            SourceError: the file is not here.
        """
        file = self._file(str(place["source"]), str(place["path"]))
        return self._files.hop_at(file, int(place["start"]))

    def _file(self, source: str, path: str) -> RecordFile:
        claim = self._evidence.claim
        entry = next((entry for entry in claim.inputs if entry.path == path), None)
        if entry is None:
            raise VerificationError(f"the evidence receipt names no input {path}")
        head = raw_head(self._trees, NamedFile.of(entry), source)
        if head is None:
            raise VerificationError(
                f"the evidence receipt holds no root over the records of {path}",
                "an older version of Distill wrote it: `distill run` makes a new one",
            )
        if entry.root is not None and head.root.hex() == entry.root.hex:
            return file_of_lines(self._evidence, entry)
        reader = recorded_job(self._evidence, source).reader()
        return RecordFile(self._evidence.digest, entry, head, source=reader)
