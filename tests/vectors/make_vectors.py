"""Write the vectors, their index and the JSON Schema anew: `python -m tests.vectors.make_vectors`.

The bytes are the same on every machine: nothing asks the clock or draws lots. The signatures of
P-256, which are random by nature, are kept from one writing to the next.
"""

import json
import shutil

from distill.receipts.published_schema import json_schema
from tests.conftest import REPOSITORY
from tests.vectors.making import receipts
from tests.vectors.making.vector import FOLDER, INDEX, Vector, write_index

SCHEMA = REPOSITORY / "receipts" / "receipt.schema.json"


def all_vectors() -> list[Vector]:
    """Return every vector, in the order of the index."""
    return [*receipts.vectors()]


def schema_file() -> bytes:
    """Return the bytes of the published JSON Schema."""
    return json.dumps(json_schema(), indent=2, sort_keys=True).encode() + b"\n"


def main() -> None:
    """Replace the files of the folder, and the published schema."""
    made = all_vectors()
    for kind in sorted({vector.kind for vector in made}):
        shutil.rmtree(FOLDER / kind, ignore_errors=True)
    for vector in made:
        place = FOLDER / vector.file
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(vector.content)
    (FOLDER / INDEX).write_bytes(write_index(made))
    SCHEMA.write_bytes(schema_file())


if __name__ == "__main__":
    main()
