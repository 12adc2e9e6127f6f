"""Manifests of releases."""

from collections.abc import Iterator
from typing import Any

from tests.vectors.making.keys import ORIGIN, b64
from tests.vectors.making.sample import CARD, LOG, RECEIPT, ROWS, changed, file, raw
from tests.vectors.making.spoiling import Spoiling
from tests.vectors.making.vector import Vector

HEX = "ab" * 32


def _released(path: str, content: bytes) -> dict[str, Any]:
    entry = file("", path, content)
    return {name: entry[name] for name in ("blake3", "bytes", "path", "sha256")}


RELEASE: dict[str, Any] = {
    "format": "distill.release/1",
    "checkpoint": {"root": b64(bytes(range(32))), "size": 4},
    "created_at": "2026-01-31T09:00:00.000Z",
    "expect": [
        {
            "detail": "sft: 1 row",
            "found": [1, 1],
            "limit": [1, 1],
            "name": "minimum_rows",
            "passed": True,
        }
    ],
    "files": [_released("exports/card.md", CARD), _released("exports/rows.jsonl", ROWS)],
    "name": "2026-01",
    "origin": ORIGIN,
    "previous": {"blake3": HEX, "name": "2025-12"},
    "receipts": [RECEIPT["claim"]["key"]],
    "withheld": [{**_released("logs/a.jsonl", LOG), "class": "raw"}],
}
FIRST = raw({**RELEASE, "previous": None, "withheld": [], "expect": []})

_FORMAT = "its format is"
_SPOILING = Spoiling(
    RELEASE,
    nullable={"previous": dict},
    chosen=("class",),
    skipped=("files|1", "expect|0|found|1", "expect|0|limit|"),
    whole={"format": _FORMAT},
)


def vectors() -> Iterator[Vector]:
    """Yield every manifest."""
    yield Vector("release", "full.json", raw(RELEASE), "A release that follows another.")
    yield Vector("release", "first.json", FIRST, "The first one; nothing was withheld.")
    for name, content, refusal, why in _SPOILING.files(raw):
        yield Vector("release", f"{name}.json", content, why, refusal)
    for name, (content, refusal, why) in {**_form(), **_values(), **_order()}.items():
        yield Vector("release", f"{name}.json", content, why, refusal)


def _spoiled(place: str, value: Any, refusal: str, why: str) -> tuple[bytes, str, str]:
    return raw(changed(place, value, RELEASE)), refusal, why


def _form() -> dict[str, tuple[bytes, str, str]]:
    good, other = raw(RELEASE), "the same value has other canonical bytes"
    return {
        "no-newline": (good[:-1], "does not end in a newline", "The last byte is not 0x0A."),
        "two-newlines": (good + b"\n", other, "One newline ends the file, not two."),
        "crlf": (good[:-1] + b"\r\n", other, "The line ends in CR LF."),
        "white-space": (good.replace(b":", b": ", 1), other, "White space."),
        "duplicate-key": (
            good.replace(b'"name":', b'"name":"b","name":', 1),
            "a key appears twice",
            "One field twice.",
        ),
        "list": (b"[]\n", "is no object", "A list."),
        "version-of-the-future": _spoiled("format", "distill.release/2", _FORMAT, "Not known."),
    }


def _values() -> dict[str, tuple[bytes, str, str]]:
    root, path = "checkpoint|root", "files|0|path"
    return {
        "root-short": _spoiled(root, b64(bytes(31)), "has not 32 bytes", "31 bytes."),
        "root-hexadecimal": _spoiled(root, HEX, "has not 32 bytes", "Base 16."),
        "root-without-padding": _spoiled(
            root, RELEASE["checkpoint"]["root"].rstrip("="), "is no base64", "No `=`."
        ),
        "size-zero": _spoiled("checkpoint|size", 0, "no ledger is empty", "No line."),
        "size-negative": _spoiled("checkpoint|size", -1, "is not between", "Below zero."),
        "bad-time": _spoiled("created_at", "2026-01-31", "is no UTC time", "A day."),
        "bad-name": _spoiled("name", "../x", "is no name of a release", "A path."),
        "bad-origin": _spoiled("origin", "example.org", "is no origin", "No such form."),
        "bad-class": _spoiled("withheld|0|class", "secret", "is none of", "No such class."),
        "path-absolute": _spoiled(path, "/etc/passwd", "absolute", "An absolute path."),
        "path-parent": _spoiled(path, "../x", "'..'", "A way out."),
        "path-of-a-root": _spoiled(path, "a:x", "names a root", "A release has no roots."),
        "path-of-the-manifest": _spoiled(path, "release.json", "is the manifest", "Itself."),
        "path-of-a-signature": _spoiled(
            "withheld|0|path", "release.json.p256", "one of its signatures", "A signature."
        ),
        "upper-case-digest": _spoiled(
            "files|0|sha256", HEX.upper(), "is no digest", "Case counts."
        ),
        "pair-of-three": _spoiled("expect|0|found", [1, 1, 1], "is no pair", "Three numbers."),
        "pair-negative": _spoiled("expect|0|found", [-1, 1], "is not between", "Below zero."),
    }


def _order() -> dict[str, tuple[bytes, str, str]]:
    files, withheld = RELEASE["files"], RELEASE["withheld"]
    unsorted, both = "is not sorted, or names something twice", "names a file of the release"
    digests = [HEX, RELEASE["receipts"][0]]
    digests.sort(reverse=True)
    shown = {**withheld[0], "path": files[1]["path"]}
    return {
        "files-unsorted": _spoiled("files", files[::-1], unsorted, "By path, ascending."),
        "file-twice": _spoiled("files", [files[0], files[0]], unsorted, "One path twice."),
        "receipts-unsorted": _spoiled("receipts", digests, unsorted, "By digest, ascending."),
        "receipt-twice": _spoiled("receipts", [HEX, HEX], unsorted, "One digest twice."),
        "withheld-twice": _spoiled("withheld", withheld * 2, unsorted, "One path twice."),
        "withheld-and-there": _spoiled("withheld", [shown], both, "A file that is there as well."),
    }
