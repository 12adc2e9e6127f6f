"""`release.json`: what is written is read again, and each defect is refused by its place."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from distill.errors import VerificationError
from distill.receipts.canonical import dumps
from distill.receipts.digest import Digest, Sha256
from distill.receipts.release_manifest import (
    Expectation,
    LedgerHead,
    PreviousRelease,
    ReleasedFile,
    ReleaseManifest,
    WithheldFile,
)
from distill.receipts.release_reader import read_manifest


def file(path: str, kind: Any = None) -> Any:
    """Return a file of a release, or one that is withheld."""
    if kind is None:
        return ReleasedFile(Digest("a" * 64), 12, path, Sha256("b" * 64))
    return WithheldFile(Digest("a" * 64), 12, kind, path, Sha256("b" * 64))


MANIFEST = ReleaseManifest(
    checkpoint=LedgerHead(bytes(32), 7),
    created_at="2026-01-31T08:00:00.000Z",
    expect=(Expectation("sft has 84 rows, 50 or more are wanted", (84, 1), (50, 1), "x", True),),
    files=(file("B3SUMS"), file("exports/sft/train-00000.jsonl")),
    name="2026-01",
    origin="distill/0123456789abcdef",
    previous=PreviousRelease(Digest("c" * 64), "2025-12"),
    receipts=(Digest("1" * 64), Digest("2" * 64)),
    withheld=(file("data/evidence/a/part-00000.jsonl", "evidence"), file("logs/a.jsonl", "raw")),
)

Edit = Callable[[dict[str, Any]], object]

DEFECTS: dict[str, tuple[Edit, str]] = {
    "future_version": (lambda m: m.update(format="distill.release/2"), "format"),
    "field_missing": (lambda m: m.pop("receipts"), "lacks the field 'receipts'"),
    "field_unknown": (lambda m: m.update(more=1), "unknown field 'more'"),
    "name_leads_out": (lambda m: m.update(name="../x"), "name"),
    "name_hidden": (lambda m: m.update(name=".x"), "name"),
    "origin_of_another_kind": (lambda m: m.update(origin="example.org/log"), "origin"),
    "time_not_utc": (lambda m: m.update(created_at="2026-01-31T08:00:00+01:00"), "created_at"),
    "root_too_short": (lambda m: m["checkpoint"].update(root="AAAA"), "root"),
    "root_spelt_otherwise": (lambda m: m["checkpoint"].update(root="A" * 42 + "B="), "root"),
    "ledger_empty": (lambda m: m["checkpoint"].update(size=0), "size"),
    "size_negative": (lambda m: m["files"][0].update(bytes=-1), "files[0].bytes"),
    "size_huge": (lambda m: m["files"][0].update(bytes=2**53), "integer beyond"),
    "path_absolute": (lambda m: m["files"][1].update(path="/etc/passwd"), "it is absolute"),
    "path_leads_out": (lambda m: m["files"][1].update(path="a/../../x"), "'..'"),
    "path_names_a_root": (lambda m: m["files"][1].update(path="logs:a.jsonl"), "names a root"),
    "manifest_names_itself": (lambda m: m["files"][1].update(path="release.json"), "is the mani"),
    "manifest_names_its_signature": (
        lambda m: m["files"][1].update(path="release.json.sig"),
        "signatures",
    ),
    "files_unsorted": (lambda m: m["files"].reverse(), "files is not sorted"),
    "file_twice": (lambda m: m["files"].append(m["files"][1]), "files is not sorted"),
    "receipts_unsorted": (lambda m: m["receipts"].reverse(), "receipts is not sorted"),
    "withheld_unsorted": (lambda m: m["withheld"].reverse(), "withheld is not sorted"),
    "withheld_and_there": (
        lambda m: m["withheld"][0].update(path="B3SUMS"),
        "names a file of the release",
    ),
    "withheld_class_unknown": (lambda m: m["withheld"][0].update({"class": "all"}), "class"),
    "digest_in_capitals": (lambda m: m["files"][0].update(blake3="A" * 64), "blake3"),
    "digest_too_short": (lambda m: m["files"][0].update(sha256="a" * 63), "sha256"),
    "rate_is_no_pair": (lambda m: m["expect"][0].update(found=[1]), "found"),
    "rate_is_a_float": (lambda m: m["expect"][0].update(found=[0.5, 1]), "no integer"),
    "passed_is_a_word": (lambda m: m["expect"][0].update(passed="yes"), "passed"),
    "previous_without_digest": (lambda m: m["previous"].pop("blake3"), "previous"),
}


def test_what_is_written_is_read_again() -> None:
    """A manifest survives its own bytes, with and without a release before it."""
    first = ReleaseManifest(
        **{**{n: getattr(MANIFEST, n) for n in MANIFEST.__dataclass_fields__}, "previous": None}
    )
    for manifest in (MANIFEST, first):
        assert read_manifest(manifest.content) == manifest
        assert read_manifest(manifest.content).content == manifest.content


@pytest.mark.parametrize("defect", DEFECTS)
def test_defect_is_refused_by_its_place(defect: str) -> None:
    """Each defect alone is refused, with words that say where."""
    edit, words = DEFECTS[defect]
    value = json.loads(MANIFEST.content)
    edit(value)
    raw = json.dumps(value, sort_keys=True, separators=(",", ":")).encode() + b"\n"
    with pytest.raises(VerificationError) as refusal:
        read_manifest(raw)
    assert words in refusal.value.message


@pytest.mark.parametrize(
    "raw",
    [
        MANIFEST.content[:-1],
        MANIFEST.content + b"\n",
        b" " + MANIFEST.content,
        json.dumps(json.loads(MANIFEST.content), indent=1).encode() + b"\n",
        b"[]\n",
        b"\n",
        b"\xff\n",
        dumps("x" * (64 * 1024 * 1024)) + b"\n",
    ],
    ids=["no newline", "two", "space", "laid out", "no object", "empty", "no UTF-8", "too large"],
)
def test_other_bytes_are_refused(raw: bytes) -> None:
    """One value has one sequence of bytes; everything else is refused, never a crash."""
    with pytest.raises(VerificationError):
        read_manifest(raw)
