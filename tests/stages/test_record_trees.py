"""The receipt of the evidence stage commits to every raw record, whatever form its file has."""

import gzip
import json
from collections.abc import Mapping
from pathlib import Path

from distill.receipts.merkle import leaf_hash
from distill.receipts.merkle_proofs import MerkleTree
from distill.receipts.receipt import Claim
from distill.stages.pipeline import build_evidence_index
from tests.workspaces import MAPPED, VERDICT, lines, make_workspace, row

ROWS = [row("t1", "one"), row("t2", "zwei ä"), row("t3", "three")]
RECORDS = [json.dumps(one, ensure_ascii=False).encode() for one in ROWS]


def root_over(records: list[bytes]) -> str:
    """The root over the records, in hexadecimal."""
    return MerkleTree(leaf_hash(record) for record in records).head().root.hex()


def claim_over(root: Path, files: Mapping[str, bytes]) -> Claim:
    """Run the stage over these files and return its claim."""
    named = json.dumps(sorted(files))
    configuration = MAPPED.replace('["logs/*.jsonl"]', named) + VERDICT
    return build_evidence_index(make_workspace(root, configuration, files)).receipt.claim


def test_lines_have_the_root_of_their_entry(tmp_path: Path) -> None:
    """A file of lines needs no second tree: its entry's root is over the records."""
    claim = claim_over(tmp_path, {"logs/a.jsonl": lines(ROWS)})
    assert claim.notes == {}
    (entry,) = claim.inputs
    assert entry.root is not None
    assert entry.root.hex == root_over(RECORDS)


def test_other_forms_get_a_tree_over_their_records(tmp_path: Path) -> None:
    """Array, gzip, an array or gzip under a name of lines: records as the source frames them."""
    array = b"[" + b" ,\n".join(RECORDS) + b" ]\n"
    gzipped = gzip.compress(RECORDS[0] + b"\n\n" + RECORDS[1] + b"\n" + RECORDS[2], mtime=0)
    claim = claim_over(
        tmp_path,
        {
            "logs/a.json": array,
            "logs/b.jsonl.gz": gzipped,
            "logs/c.jsonl": gzipped,
            "logs/d.jsonl": array,
            "logs/e.jsonl": lines(ROWS),
            "logs/ä.json": array,
        },
    )
    assert claim.notes == {
        "record_trees": [
            {"path": path, "records": 3, "root": root_over(RECORDS), "source": "agents"}
            for path in (
                "logs/a.json",
                "logs/b.jsonl.gz",
                "logs/c.jsonl",
                "logs/d.jsonl",
                "logs/ä.json",
            )
        ]
    }


def test_what_is_no_record_is_no_leaf(tmp_path: Path) -> None:
    """A second member under one key is quarantined, and the tree holds the others."""
    twice = b'{\n"a": ' + RECORDS[0] + b',\n"a": ' + RECORDS[1] + b',\n"b": ' + RECORDS[2] + b"}"
    claim = claim_over(tmp_path, {"logs/a.json": twice})
    root = root_over([RECORDS[0], RECORDS[2]])
    tree = {"path": "logs/a.json", "records": 2, "root": root, "source": "agents"}
    assert claim.notes == {"record_trees": [tree]}
