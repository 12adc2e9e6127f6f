"""A receipt whose every digest follows from bytes that are written here, and ways to spoil it."""

import copy
import hashlib
import json
from collections.abc import Iterator
from typing import Any

from distill.receipts.canonical import dumps
from distill.receipts.digest import digest_bytes
from distill.receipts.merkle import MerkleRoot, leaf_hash

LOG = b'{"run":"a","ok":true}\n{"run":"b","ok":false}\n'
ROWS = b'{"run":"a","ok":true}\n'
CARD = b"One run of two.\n"
CODE = {"pkg/keep.py": digest_bytes(b"keep").hex, "pkg/": digest_bytes(b"pkg").hex}


def file(role: str, path: str, content: bytes) -> dict[str, Any]:
    """Return the entry of a file that holds these bytes."""
    lines = content.splitlines() if path.endswith(".jsonl") else None
    return {
        "role": role,
        "path": path,
        "bytes": len(content),
        "blake3": digest_bytes(content).hex,
        "sha256": hashlib.sha256(content).hexdigest(),
        "records": None if lines is None else len(lines),
        "root": None if lines is None else root_of(lines),
    }


def root_of(lines: list[bytes]) -> str:
    """Return the Merkle tree hash of RFC 6962 over lines without newlines."""
    tree = MerkleRoot()
    for line in lines:
        tree.push(leaf_hash(line))
    return tree.root().hex()


_PARENTS = [{"stage": "index", "claim": digest_bytes(b"a parent's claim").hex}]


def claim_of(
    inputs: list[dict[str, Any]],
    outputs: list[dict[str, Any]],
    *,
    stage: str = "keep",
    target: tuple[str, str] = ("rows", "out"),
    parents: list[dict[str, Any]] | None = None,
) -> dict[str, Any]:
    """Return a claim that keeps its own laws; ``target`` is role and folder of its outputs."""
    environment = {"python": "3.11", "distributions": {"distill": "0.1.0"}}
    parameters = {"depth": 1, "share": {"float": "0.5"}}
    code = digest_bytes(dumps(CODE)).hex
    read = [{"role": one["role"], "path": one["path"], "blake3": one["blake3"]} for one in inputs]
    key: Any = {
        "stage": stage,
        "version": 1,
        "code": code,
        "function": "pkg.keep:keep",
        "environment": environment,
        "parameters": parameters,
        "inputs": read,
    }
    return {
        "stage": stage,
        "version": 1,
        "key": digest_bytes(dumps(key)).hex,
        "code": {"digest": code, "files": CODE, "function": "pkg.keep:keep"},
        "environment": environment,
        "parameters": parameters,
        "targets": [{"role": target[0], "path": target[1], "kind": "tree"}],
        "inputs": inputs,
        "outputs": outputs,
        "parents": _PARENTS if parents is None else parents,
        "counts": {"total": {"read": 2, "kept": 1, "left": 1}},
        "laws": [
            {
                "name": "conservation",
                "unit": "records",
                "left": {"read": 2},
                "right": {"kept": 1, "left": 1},
                "source": None,
            }
        ],
        "validation": {
            "status": "passed",
            "checks": [{"name": "completed", "passed": True, "detail": ""}],
        },
        "notes": {},
    }


_GIT = {"state": "clean", "commit": "1" * 40, "tree": "2" * 40}
_FLAGS = {"dirty_tree": None, "shallow": False, "from_wheel": False}

RECEIPT: dict[str, Any] = {
    "format": "distill.receipt/1",
    "claim": claim_of(
        [file("logs", "logs/a.jsonl", LOG)],
        [file("rows", "out/card.md", CARD), file("rows", "out/rows.jsonl", ROWS)],
    ),
    "run": {
        "id": "0123456789abcdef",
        "started_at": "2026-01-31T08:00:00.000Z",
        "ended_at": "2026-01-31T08:00:01.500Z",
        "duration_ms": 1500,
        "trigger": {"kind": "python", "id": None},
        "parents": [digest_bytes(b"a parent's receipt").hex],
        "code": {**_GIT, **_FLAGS},
        "workspace": {"state": "no_repo", "commit": None, "tree": None, **_FLAGS},
        "error": None,
    },
}


def changed(place: str, value: Any, sample: Any = RECEIPT) -> Any:
    """Return a sample with another value at a place like ``claim|inputs|0|bytes``."""
    made = copy.deepcopy(sample)
    here, last = _at(made, place)
    here[last] = value
    return made


def without(place: str, sample: Any = RECEIPT) -> Any:
    """Return a sample that lacks a place."""
    made = copy.deepcopy(sample)
    here, last = _at(made, place)
    del here[last]
    return made


def places(value: Any, prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Yield every place of a JSON value with what stands there, the outer ones first."""
    items = value.items() if isinstance(value, dict) else enumerate(value)
    for name, inner in items:
        yield f"{prefix}{name}", inner
        if isinstance(inner, dict | list):
            yield from places(inner, f"{prefix}{name}|")


def raw(value: Any) -> bytes:
    """Return a value's bytes as a file holds them, also of a value that no file may hold."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return text.encode("utf-8", "surrogatepass") + b"\n"


def _at(value: Any, place: str) -> tuple[Any, Any]:
    *way, last = [int(step) if step.isdigit() else step for step in place.split("|")]
    for step in way:
        value = value[step]
    return value, last
