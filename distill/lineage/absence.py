"""That a run is in no row of a set: all rows read, held against the receipt, none names the run.

Unlike an inclusion, an absence has no short proof here: whoever doubts it reads the rows again, and
the statement says which (files, digests, roots, receipt, checkpoint). Format ``distill.absence/1``.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from distill.errors import EXIT_OK, EXIT_TAMPERED, ConfigurationError, VerificationError
from distill.lineage.chain import EXPORTS, Chain
from distill.lineage.ledger_lines import LedgerLines
from distill.lineage.record_files import RecordFiles, record_place
from distill.lineage.rows import object_in, places_of, provenance_of, run_ids_of
from distill.receipts.canonical import Json, dumps
from distill.receipts.merkle import MerkleRoot, leaf_hash
from distill.receipts.receipt import FileEntry, Receipt
from distill.receipts.store import ReceiptStore
from distill.receipts.workspace import Workspace

FORMAT: Final = "distill.absence/1"
_SHOWS: Final = (
    "every row of the set's files was read, and they are the rows that the receipt names",
    "no row names the run, nor a place in a raw record that the run was read from",
)
_DOES_NOT_SHOW: Final = (
    "that the same text is in no row: another run may have said it",
    "anything of other sets, of releases or of former versions of this set",
    "anything to one who has not the rows: to check it, read them again",
)

#: BLAKE3 of a raw record, and the pointer to the run in it: one record may hold several runs.
RawPlace: TypeAlias = tuple[str, str]


@dataclass(frozen=True)
class Absence:
    """What a scan of one set for one run gave; ``present`` are the ids of the rows that name it."""

    run_id: str
    dataset: str
    receipt: Receipt
    line: int
    checkpoint: str
    files: tuple[FileEntry, ...]
    raw_records: tuple[RawPlace, ...]
    rows: int
    present: tuple[str, ...]

    @property
    def exit_code(self) -> int:
        """0 where the run is in no row, 10 where it is in one."""
        return EXIT_TAMPERED if self.present else EXIT_OK

    @property
    def content(self) -> bytes:
        """The statement's bytes: canonical JSON and a newline."""
        return dumps(self.as_json()) + b"\n"

    def lines(self) -> Iterator[str]:
        """Yield what was found, for a person."""
        if self.present:
            yield f"present: {len(self.present)} of {self.rows:,} rows of {self.dataset} name it"
            yield from (f"  {sample}" for sample in self.present)
            return
        yield f"absent: none of the {self.rows:,} rows of {self.dataset} names {self.run_id}"
        if not self.raw_records:
            yield "note: no run of this id is known here at all; is the id right?"
        yield from (f"shown: {sentence}" for sentence in _SHOWS)
        yield from (f"not shown: {sentence}" for sentence in _DOES_NOT_SHOW)

    def as_json(self) -> Json:
        """Return the statement as a JSON object."""
        return {
            "absent": not self.present,
            "checkpoint": self.checkpoint,
            "dataset": self.dataset,
            "does_not_show": list(_DOES_NOT_SHOW),
            "files": [_file_json(entry) for entry in self.files],
            "format": FORMAT,
            "ledger_line": self.line,
            "present": list(self.present),
            "raw_records": [{"blake3": one, "pointer": to} for one, to in self.raw_records],
            "receipt": self.receipt.digest.hex,
            "rows": self.rows,
            "run_id": self.run_id,
            "shows": list(_SHOWS) if not self.present else [],
        }


def prove_absent(workspace: Workspace, run_id: str, dataset: str) -> Absence:
    """Scan a set for a run; ``dataset`` is ``sft`` or ``exports/sft``, and so on.

    Raises:
        ConfigurationError: there is no such set.
        VerificationError: its rows are not those that its receipt names.
        SourceError: a file of it is not here.
        ContractError: its receipt is not in the ledger.
    """
    kind = dataset.removeprefix("exports/").rstrip("/")
    store = ReceiptStore(workspace)
    receipt = store.newest_passed(f"export_{kind}") if kind in EXPORTS else None
    if receipt is None:
        raise ConfigurationError(
            f"there is no set {dataset!r}", f"known: {', '.join(EXPORTS)}, once they are exported"
        )
    raw = _raw_records(workspace, Chain(store, receipt), run_id)
    files = tuple(e for e in receipt.claim.outputs if e.role == "rows" and e.root is not None)
    scan = _Scan(run_id, frozenset(raw))
    for entry in files:
        scan.read(workspace, entry)
    lines = LedgerLines.of(workspace)
    return Absence(
        run_id=run_id,
        dataset=f"exports/{kind}",
        receipt=receipt,
        line=lines.index_of(receipt),
        checkpoint=lines.checkpoint,
        files=files,
        raw_records=tuple(sorted(raw)),
        rows=scan.rows,
        present=tuple(scan.present),
    )


def _raw_records(workspace: Workspace, chain: Chain, run_id: str) -> set[RawPlace]:
    """Return where a run stood in raw records; nowhere if there is no such run."""
    with RecordFiles(workspace) as files:
        hop = chain.scored_run(files, run_id)
        if hop is None:
            return set()
        evidence = chain.evidence_at(files, object_in(hop.record).get("evidence"))
    return {_raw_place(place) for place in provenance_of(object_in(evidence.record))}


class _Scan:
    """Reads every row of a set once."""

    def __init__(self, run_id: str, raw: frozenset[RawPlace]) -> None:
        self._run_id = run_id
        self._raw = raw
        self.rows = 0
        self.present: list[str] = []

    def read(self, workspace: Workspace, entry: FileEntry) -> None:
        """Read one file of rows, and hold it against its entry."""
        tree = MerkleRoot()
        with record_place(workspace, entry).open("rb") as file:
            for line in file:
                record = line.removesuffix(b"\n")
                tree.push(leaf_hash(record))
                row = object_in(record)
                if self._names(row):
                    self.present.append(str(row.get("id")))
        if entry.root is None or (tree.size, tree.root().hex()) != (entry.records, entry.root.hex):
            raise VerificationError(
                f"{entry.path} was changed: its rows are not those that its receipt names",
                "`distill verify` tells more",
            )
        self.rows += tree.size

    def _names(self, row: dict[str, Any]) -> bool:
        sides = run_ids_of(row)
        if not sides or self._run_id in sides.values():
            return True  # a row that names no run at all can't be told to be another's
        places = [place for side in sides for place in places_of(row, side) or ()]
        return any(isinstance(one, dict) and _raw_place(one) in self._raw for one in places)


def _raw_place(place: Mapping[str, Any]) -> RawPlace:
    return str(place.get("blake3")), str(place.get("pointer"))


def _file_json(entry: FileEntry) -> Json:
    return {
        "blake3": entry.blake3.hex,
        "path": entry.path,
        "records": entry.records,
        "root": None if entry.root is None else entry.root.hex,
        "sha256": entry.sha256.hex,
    }
