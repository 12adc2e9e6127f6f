"""Checkpoints of one log: their form, and what they say against its lines and keys."""

import base64
from collections.abc import Iterator

from tests.vectors.making.keys import NEW, OLD, ORIGIN, STRANGER, TestKeys, b64, key_id
from tests.vectors.making.ledgers import TURNED
from tests.vectors.making.sample import raw, root_of
from tests.vectors.making.vector import Vector

LOG = "ledger/valid/rotated.jsonl"
LINES = [raw(entry)[:-1] for entry in TURNED]
SIGNERS: dict[int, TestKeys] = {2: OLD, 3: OLD, 4: OLD, 5: NEW}
_DASH = "\u2014 "
_OTHER_ORIGIN = "distill/ffffffffffffffff"


def root(size: int) -> bytes:
    """Return the RFC 6962 root over the log's first lines."""
    return bytes.fromhex(root_of(LINES[:size]))


def body(size: int, *, at: bytes | None = None, origin: str = ORIGIN) -> bytes:
    """Return a note's text."""
    found = root(size) if at is None else at
    return f"{origin}\n{size}\n{b64(found)}\n".encode()


def signed(text: bytes, *signers: TestKeys, origin: str = ORIGIN) -> bytes:
    """Return a note: its text, a blank line, and a signature line a key."""
    lines = (
        f"{_DASH}{origin} {b64(bytes.fromhex(_id(one, origin)) + one.sign(text))}\n"
        for one in signers
    )
    return text + b"\n" + "".join(lines).encode()


def note(size: int) -> bytes:
    """Return the log's own checkpoint of a size."""
    return signed(body(size), *([SIGNERS[size]] if size in SIGNERS else []))


def vectors() -> Iterator[Vector]:
    """Yield every checkpoint."""
    for size in range(1, len(LINES) + 1):
        by = SIGNERS[size].name if size in SIGNERS else "nobody"
        why = f"The checkpoint of {size} lines, signed by {by}."
        yield _vector(f"{size}", note(size), why, at=size)
    for name, (content, size, fault, why) in _unsound().items():
        yield _vector(name, content, why, at=size, fault=fault)
    for name, (content, refusal, why) in {**_framing(), **_body_lines(), **_signatures()}.items():
        yield _vector(name, content, why, at=4, refusal=refusal)


def _vector(
    name: str,
    content: bytes,
    why: str,
    *,
    at: int,
    fault: str | None = None,
    refusal: str | None = None,
) -> Vector:
    return Vector(
        "checkpoint", f"{name}.txt", content, why, refusal, fault, {"log": LOG, "size": at}
    )


def _unsound() -> dict[str, tuple[bytes, int, str, str]]:
    mixed = body(4) + b"\n" + note(3).partition(b"\n\n")[2]
    elsewhere = body(4, origin=_OTHER_ORIGIN)
    forged = signed(body(4), STRANGER)
    return {
        "wrong-root": (
            signed(body(4, at=bytes(32)), OLD),
            4,
            "checkpoint_mismatch",
            "Signed, and over other lines.",
        ),
        "root-of-fewer-lines": (
            signed(body(4, at=root(3)), OLD),
            4,
            "checkpoint_mismatch",
            "The root over one line less.",
        ),
        "other-size-than-its-name": (
            note(3),
            4,
            "checkpoint_damaged",
            "The checkpoint of 3 lines under the name of 4.",
        ),
        "of-another-log": (
            signed(elsewhere, OLD, origin=_OTHER_ORIGIN),
            4,
            "checkpoint_damaged",
            "Another origin.",
        ),
        "larger-than-the-log": (
            signed(body(9, at=root(5)), NEW),
            9,
            "ledger_truncated",
            "It covers lines that are not there.",
        ),
        "unsigned-after-a-key": (
            body(4) + b"\n",
            4,
            "checkpoint_unsigned",
            "A key was active: its signature was taken away.",
        ),
        "signed-before-a-key": (
            signed(body(1), OLD),
            1,
            "key_unknown",
            "No key was active yet.",
        ),
        "signed-by-a-stranger": (forged, 4, "key_unknown", "A key that was never active."),
        "signed-by-the-next-key": (
            signed(body(4), NEW),
            4,
            "key_unknown",
            "A key that is active only later.",
        ),
        "signed-by-the-former-key": (
            signed(body(5), OLD),
            5,
            "key_unknown",
            "The key that was active before.",
        ),
        "signature-of-another-checkpoint": (
            mixed,
            4,
            "signature_wrong",
            "The signature over 3 lines below the text over 4.",
        ),
        "signature-with-another-id": (
            _with_id(forged, OLD.id),
            4,
            "signature_wrong",
            "A stranger's signature with the key's id.",
        ),
        "signature-over-the-blank-line": (
            body(4) + b"\n" + signed(body(4) + b"\n", OLD).partition(b"\n\n\n")[2],
            4,
            "signature_wrong",
            "The blank line was signed too.",
        ),
    }


def _framing() -> dict[str, tuple[bytes, str, str]]:
    good, lines = note(4), "is not an origin, a size, a root, a blank line"
    return {
        "empty": (b"", lines, "No byte."),
        "no-newline": (good[:-1], lines, "The last byte is not 0x0A."),
        "crlf": (good.replace(b"\n", b"\r\n"), lines, "Lines that end in CR LF."),
        "byte-order-mark": (b"\xef\xbb\xbf" + good, "no origin", "U+FEFF before the origin."),
        "not-utf-8": (good.replace("—".encode(), b"\xff"), "is no UTF-8", "0xFF for the dash."),
        "missing-blank-line": (good.replace(b"\n\n", b"\n"), lines, "No blank line."),
        "two-blank-lines": (good.replace(b"\n\n", b"\n\n\n"), lines, "One blank line more."),
        "extension-line": (
            signed(body(4) + b"more\n", OLD),
            lines,
            "A fourth line of text, which C2SP allows and a ledger has not.",
        ),
        "surplus-at-the-end": (good + b"more\n", lines, "Text after the signature."),
        "newline-at-the-end": (good + b"\n", lines, "A blank line after the signature."),
        "two-signatures-by-one-key": (signed(body(4), OLD, OLD), lines, "One line twice."),
        "two-signatures": (signed(body(4), OLD, STRANGER), lines, "Another key signs as well."),
        "without-text": (good.partition(b"\n\n")[2], lines, "The signature alone."),
        "too-long": (good + b"x" * 4096, "longer than 4096 bytes", "More than 4 KiB."),
    }


def _body_lines() -> dict[str, tuple[bytes, str, str]]:
    text = b64(root(4))
    size, origin = "second line is no size", "first line is no origin"

    def lines(first: str, second: str, third: str) -> bytes:
        return signed(f"{first}\n{second}\n{third}\n".encode(), OLD)

    return {
        "origin-of-another-form": (lines("example.org/log", "4", text), origin, "No such form."),
        "origin-upper-case": (lines(ORIGIN.upper(), "4", text), origin, "Case counts."),
        "origin-with-space": (lines(f"{ORIGIN} ", "4", text), origin, "A space at the end."),
        "size-zero": (lines(ORIGIN, "0", text), size, "No ledger is empty."),
        "size-leading-zero": (lines(ORIGIN, "04", text), size, "A zero before the number."),
        "size-plus": (lines(ORIGIN, "+4", text), size, "A sign."),
        "size-negative": (lines(ORIGIN, "-4", text), size, "A sign."),
        "size-with-space": (lines(ORIGIN, " 4", text), size, "White space."),
        "size-hexadecimal": (lines(ORIGIN, "0x4", text), size, "Base 16."),
        "size-other-digits": (lines(ORIGIN, "\u0664", text), size, "A digit of another script."),
        "size-too-large": (lines(ORIGIN, str(2**53), text), size, "One beyond the bound."),
        "root-short": (lines(ORIGIN, "4", b64(bytes(31))), "has not 32 bytes", "31 bytes."),
        "root-long": (lines(ORIGIN, "4", b64(bytes(33))), "has not 32 bytes", "33 bytes."),
        "root-without-padding": (lines(ORIGIN, "4", text.rstrip("=")), "is no base64", "No `=`."),
        "root-hexadecimal": (lines(ORIGIN, "4", root(4).hex()), "has not 32 bytes", "Base 16."),
        "root-with-space": (lines(ORIGIN, "4", f"{text} "), "is no base64", "A space at the end."),
        "root-stray-bits": (
            lines(ORIGIN, "4", b64(bytes(32)).replace("A=", "B=")),
            "base64 that is not written that way",
            "Bits at the end that no byte has.",
        ),
    }


def _signatures() -> dict[str, tuple[bytes, str, str]]:
    text, good = body(4), note(4).decode()
    name, size = "does not name its origin", "has not 4 + 64 bytes"
    told = OLD.sign(text)

    def line(signature: str) -> bytes:
        return text + f"\n{_DASH}{ORIGIN} {signature}\n".encode()

    return {
        "signature-with-hyphen": (good.replace("\u2014", "-").encode(), name, "A hyphen."),
        "signature-with-en-dash": (good.replace("\u2014", "\u2013").encode(), name, "An en dash."),
        "signature-without-space": (good.replace(_DASH, "\u2014").encode(), name, "No space."),
        "signature-of-another-name": (
            text + signed(text, OLD, origin=_OTHER_ORIGIN)[len(text) :],
            name,
            "The key's name is not the origin.",
        ),
        "signature-without-id": (line(b64(told)), size, "64 bytes without an id."),
        "signature-short": (line(b64(bytes.fromhex(OLD.id) + told[:-1])), size, "63 bytes."),
        "signature-empty": (line(""), size, "No byte."),
        "signature-without-padding": (
            line(b64(bytes.fromhex(OLD.id) + told).rstrip("=")),
            "is no base64",
            "No `=`.",
        ),
        "signature-two-spaces": (good.replace(f"{ORIGIN} ", f"{ORIGIN}  ").encode(), "is no base64",
                                 "Two spaces."),
        "signature-space-at-the-end": (good[:-1].encode() + b" \n", "is no base64", "A space."),
    }  # fmt: skip


def _id(keys: TestKeys, origin: str) -> str:
    return key_id(origin, keys.checkpoint[-32:])


def _with_id(content: bytes, identity: str) -> bytes:
    """Return a note whose signature line bears another key's id."""
    head, _, text = content.rstrip(b"\n").rpartition(b" ")
    data = bytes.fromhex(identity) + base64.b64decode(text)[4:]
    return head + b" " + b64(data).encode() + b"\n"
