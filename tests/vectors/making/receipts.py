"""Receipts: valid ones, those that leave the format, and those that contradict themselves."""

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from jsonschema import Draft202012Validator

from distill.receipts.published_schema import json_schema
from tests.vectors.making import canonical_form, receipt_values
from tests.vectors.making.sample import LOG, RECEIPT, changed, claim_of, file, raw
from tests.vectors.making.spoiling import Spoiling
from tests.vectors.making.vector import Vector

HEX = "ab" * 32


def file_target(path: str) -> dict[str, Any]:
    """Return a target that is one file."""
    return {**RECEIPT["claim"]["targets"][0], "path": path, "kind": "file"}


_SPOILING = Spoiling(
    RECEIPT,
    free=(
        *("claim|code|files|", "claim|environment|distributions|", "claim|parameters|"),
        *("claim|counts|", "claim|laws|0|left|", "claim|laws|0|right|", "claim|notes|"),
    ),
    nullable={
        "claim|inputs|0|records": int,
        "claim|inputs|0|root": str,
        "claim|laws|0|source": str,
        "run|trigger|id": str,
        "run|code|commit": str,
        "run|code|tree": str,
        "run|code|dirty_tree": str,
        "run|error": dict,
    },
    chosen=("kind", "status", "state"),
    skipped=("claim|outputs|", "run|workspace|"),
    whole={"format": "the receipt's format is"},
)


def vectors() -> Iterator[Vector]:
    """Yield every receipt of the folder, with what the published JSON Schema says of it."""
    for vector in _all():
        schema = verdict_of_schema(vector.content)
        yield replace(vector, beside={**vector.beside, "schema": schema})


def verdict_of_schema(content: bytes) -> str | None:
    """Return `accepts` or `refuses`; null where the bytes are no JSON to a common parser."""
    try:
        value = json.loads(content)
    except (ValueError, RecursionError):
        return None
    return "accepts" if _SCHEMA.is_valid(value) else "refuses"


_SCHEMA = Draft202012Validator(json_schema())


def _all() -> Iterator[Vector]:
    yield from _valid()
    yield from canonical_form.vectors()
    for name, content, refusal, why in _SPOILING.files(raw):
        yield Vector("receipt", f"{name}.json", content, why, refusal)
    for place, cases in receipt_values.cases().items():
        for name, (value, refusal, why) in cases.items():
            yield Vector("receipt", f"{name}.json", raw(changed(place, value)), why, refusal)
    yield from _versions()
    yield from _inconsistent()


def _valid() -> Iterator[Vector]:
    failed = changed("run|error", {"type": "ContractError", "message": "a law is broken"})
    failed["claim"]["validation"]["status"] = "failed"
    failed["claim"]["validation"]["checks"][0]["passed"] = False
    texts = {"empty": "", "controls": '\x00\x1f\t\n"\\', "beyond": "é\u2028\U0001f600", "-": "/"}
    nested: Any = 1
    for _ in range(61):
        nested = [nested]
    bounds = {"least": 1 - 2**53, "most": 2**53 - 1, "deep": nested, "none": [None, True, {}, []]}
    tree = [file("logs", "logs:2026/a é.jsonl", LOG), file("logs", "logs:b:c.txt", LOG)]
    roots = {**RECEIPT, "claim": claim_of(tree, [])}
    for name, value, why in (
        ("passed", RECEIPT, "A receipt that passed."),
        ("failed", failed, "A receipt that failed: kept, never used to skip."),
        (
            "texts",
            changed("claim|notes", texts),
            "Strings that must be escaped, and that need not.",
        ),
        ("bounds", changed("claim|notes", bounds), "The largest integers, and 64 levels."),
        ("roots", roots, "Inputs below a named root; a file that is no JSONL; no output."),
        ("sha256-repository", changed("run|code|commit", "3" * 64), "Git object ids of SHA-256."),
        ("wheel", changed("run|code|from_wheel", value=True), "The code is an installed wheel."),
    ):
        yield Vector("receipt", f"{name}.json", raw(value), why)


def _versions() -> Iterator[Vector]:
    for name, value, why in (
        ("version-of-the-future", "distill.receipt/2", "A version that is not known."),
        ("version-zero", "distill.receipt/0", "A version that never was."),
        ("version-with-point", "distill.receipt/1.0", "The version is one number."),
        ("version-upper-case", "Distill.receipt/1", "Case counts."),
        ("version-number", 1, "A number alone."),
        ("version-of-the-ledger", "distill.ledger/1", "The format of another file."),
    ):
        content = raw({**RECEIPT, "format": value})
        yield Vector("receipt", f"{name}.json", content, why, "the receipt's format is")


def _inconsistent() -> Iterator[Vector]:
    """Yield receipts of the format that contradict themselves: `fault` says what verify finds."""
    error = {"type": "ValueError", "message": "bad"}
    for name, place, value, fault, why in (
        ("key-of-other-parts", "claim|version", 2, "receipt_inconsistent", "The key is older."),
        ("code-digest-of-other-files", "claim|code|files", {"pkg/keep.py": HEX},
         "receipt_inconsistent", "The code's digest is not that of its files."),
        ("law-broken", "claim|laws|0|left|read", 3, "law_broken", "3 is not 1 + 1."),
        ("passed-with-a-failed-check", "claim|validation|checks|0|passed", False,
         "receipt_inconsistent", "It passed, and a check did not."),
        ("passed-with-an-error", "run|error", error, "receipt_inconsistent",
         "It passed, and names an error."),
        ("failed-without-an-error", "claim|validation|status", "failed", "receipt_inconsistent",
         "It failed, and names no error."),
        ("output-outside-of-its-target", "claim|targets|0|path", "elsewhere",
         "receipt_inconsistent", "It was told to write elsewhere/, and names outputs in out/."),
        ("output-beside-its-target", "claim|targets|0|path", "ou",
         "receipt_inconsistent", "out/ begins like ou, and does not lie in it."),
        ("output-below-a-target-that-is-a-file", "claim|targets|0", file_target("out"),
         "receipt_inconsistent", "A file has nothing below it."),
        ("output-of-another-role", "claim|outputs|0|role", "card",
         "receipt_inconsistent", "No target has this role."),
        ("output-without-any-target", "claim|targets", [],
         "receipt_inconsistent", "It was told to write nowhere."),
        ("target-without-its-output", "claim|targets",
         [RECEIPT["claim"]["targets"][0], file_target("list.txt")],
         "receipt_inconsistent", "It passed, and did not write a file that it was told to."),
        ("target-among-the-receipts", "claim|targets",
         [RECEIPT["claim"]["targets"][0], {**RECEIPT["claim"]["targets"][0], "path": "receipts/x"}],
         "receipt_inconsistent", "receipts/ is the engine's own."),
    ):  # fmt: skip
        content = raw(changed(place, value))
        yield Vector("receipt", f"{name}.json", content, why, fault=fault)
