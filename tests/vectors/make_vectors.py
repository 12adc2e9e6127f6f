"""Write the vectors, their index and the JSON Schema anew: `python -m tests.vectors.make_vectors`.

The bytes are the same on every machine: nothing asks the clock or draws lots, and the signatures
of P-256 are those of RFC 6979.
"""

import json
import shutil

from distill.receipts.published_schema import json_schema
from tests.conftest import REPOSITORY
from tests.vectors.making import (
    checkpoints,
    keys,
    ledger_lines,
    ledgers,
    proofs,
    receipts,
    releases,
    signatures,
)
from tests.vectors.making.vector import FOLDER, INDEX, Vector, write_index

SCHEMA = REPOSITORY / "receipts" / "receipt.schema.json"


def all_vectors() -> list[Vector]:
    """Return every vector, in the order of the index."""
    makers = (receipts, ledger_lines, ledgers, checkpoints, signatures, releases, proofs)
    return [vector for maker in makers for vector in maker.vectors()]


def more_files() -> dict[str, bytes]:
    """Return what lies beside the vectors: the public halves of the test keys."""
    pairs = (keys.OLD, keys.NEW, keys.STRANGER)
    return {name: content for pair in pairs for name, content in pair.public_files().items()}


def schema_file() -> bytes:
    """Return the bytes of the published JSON Schema."""
    return json.dumps(json_schema(), indent=2, sort_keys=True).encode() + b"\n"


def main() -> None:
    """Replace the files of the folder, and the published schema."""
    made = all_vectors()
    for kind in sorted({vector.kind for vector in made}):
        shutil.rmtree(FOLDER / kind, ignore_errors=True)
    for file, content in {**{one.file: one.content for one in made}, **more_files()}.items():
        place = FOLDER / file
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content)
    (FOLDER / INDEX).write_bytes(write_index(made))
    SCHEMA.write_bytes(schema_file())


if __name__ == "__main__":
    main()
