"""Receipts made to deceive, entered in the ledger with digests that fit: `distill verify` says no.

The forms are the vectors' (tests/vectors); here each lies in a workspace, and the command is asked.
"""

import json
import os
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from distill.cli.main import main
from distill.errors import EXIT_INCOMPLETE, EXIT_OK, EXIT_TAMPERED, VerificationError
from distill.receipts.digest import digest_bytes, fingerprint_file
from distill.receipts.key import KeyParts
from distill.receipts.ledger.entries import recorded, write_entry
from distill.receipts.reader import read_receipt
from tests.receipts.samples import raw
from tests.tamper.forging import lines_of, write_ledger
from tests.tamper.world import World

STAGE = "count"
Change = Callable[[dict[str, Any]], None]


def sample(root: Path) -> dict[str, Any]:
    """Return the newest receipt of a stage as JSON, under a stage and a run of its own."""
    objects = [json.loads(path.read_bytes()) for path in (root / "receipts/objects").glob("*/*")]
    value: dict[str, Any] = max(
        (one for one in objects if one["claim"]["stage"] == STAGE),
        key=lambda one: one["run"]["ended_at"],
    )
    value["run"]["id"] = "deceiving"
    return value


def enter(root: Path, content: bytes) -> str:
    """Store bytes as a receipt, enter them in an unsigned ledger, and return where they lie."""
    hexadecimal = digest_bytes(content).hex
    shown = f"receipts/objects/{hexadecimal[:2]}/{hexadecimal}"
    (root / shown).parent.mkdir(exist_ok=True)
    (root / shown).write_bytes(content)
    lines = lines_of(root)
    try:
        line = write_entry(recorded(read_receipt(content)))
    except VerificationError:
        (like,) = [one for one in lines if b'"entry":"receipt"' in one][-1:]
        digests = {"blake3": hexadecimal, "sha256": sha256(content).hexdigest()}
        entry = {**json.loads(like), **digests, "run": "deceiving"}
        line = raw(entry).removesuffix(b"\n")
    write_ledger(root, [*lines, line], lambda _: None)
    return shown


def verify(
    root: Path, capsys: pytest.CaptureFixture[str], *flags: str
) -> tuple[int, dict[tuple[str, str], str]]:
    """Return the exit code, and what is said of each kind and path."""
    code = main(["verify", "--json", "--workspace", str(root), *flags])
    said = capsys.readouterr()
    assert said.err == ""
    faults = json.loads(said.out)["faults"]
    told = {
        (one["kind"], one["path"]): f"{one['meaning']} {one['expected']} {one['found']}"
        for one in faults
    }
    return code, told


def _file(value: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = value["claim"]["inputs"][0]
    return found


#: What is done to a receipt, and the words of the refusal.
DECEIVING: dict[str, tuple[Change, str]] = {
    "/etc/passwd": (lambda value: _file(value).update(path="/etc/passwd"), "absolute"),
    "/etc/passwd as an output": (
        lambda value: value["claim"]["outputs"][0].update(path="/etc/passwd"),
        "absolute",
    ),
    "../x": (lambda value: _file(value).update(path="../x"), "'..'"),
    "a way out below a root": (lambda value: _file(value).update(path="root:../x"), "'..'"),
    "a target outside": (lambda value: value["claim"]["targets"][0].update(path="../x"), "'..'"),
    "a huge count": (
        lambda value: value["claim"]["counts"].update(read=2**53),
        "an integer beyond 2**53 - 1 at $.claim.counts.read",
    ),
    "a count of 4000 digits": (
        lambda value: value["claim"]["counts"].update(read=10**4000),
        "an integer beyond 2**53 - 1",
    ),
    "a negative count": (
        lambda value: value["claim"]["counts"].update(read=-1),
        "is not between 0 and",
    ),
    "a negative size": (lambda value: _file(value).update(bytes=-1), "is not between 0 and"),
    "a float": (lambda value: value["claim"]["counts"].update(share=0.5), "0.5"),
    "an unknown field": (lambda value: value.update(more=1), "unknown field 'more'"),
    "an unknown field of the claim": (
        lambda value: value["claim"].update(trust="me"),
        "unknown field 'trust'",
    ),
    "an unknown field of a file": (
        lambda value: _file(value).update(link="/etc/passwd"),
        "unknown field 'link'",
    ),
    "a future version": (
        lambda value: value.update(format="distill.receipt/2"),
        "a newer version of Distill may have written it",
    ),
}


@pytest.mark.parametrize("what", DECEIVING)
def test_a_receipt_of_another_form(
    unsigned: World, capsys: pytest.CaptureFixture[str], what: str
) -> None:
    """The receipt is named and what is wrong with it is said; nothing else is looked for."""
    change, words = DECEIVING[what]
    value = sample(unsigned.root)
    change(value)
    shown = enter(unsigned.root, raw(value))
    code, told = verify(unsigned.root, capsys)
    assert code == EXIT_TAMPERED
    assert words in told["receipt_damaged", shown]
    assert not any("passwd" in path for _, path in told)
    assert main(["verify", "--workspace", str(unsigned.root)]) == EXIT_TAMPERED
    assert shown in capsys.readouterr().out


#: Bytes that are no canonical JSON, or none that a parser should be asked about.
BYTES: dict[str, tuple[bytes, str]] = {
    "nothing": (b"", "newline"),
    "no JSON": (b"{\n", "JSON"),
    "a hundred thousand levels": (b"[" * 100_000 + b"]" * 100_000 + b"\n", "recursion"),
    "a number of 5000 digits": (b'{"a":' + b"9" * 5000 + b"}\n", ""),
    "an exponent": (b'{"a":1e400}\n', ""),
    "NaN": (b'{"a":NaN}\n', ""),
    "a key twice": (b'{"a":1,"a":2}\n', ""),
    "no UTF-8": (b'{"a":"\xff"}\n', "utf-8"),
    "a byte order mark": (b"\xef\xbb\xbf{}\n", ""),
    "no newline": (b"{}", "newline"),
    "a list": (b"[]\n", "no object"),
}


@pytest.mark.parametrize("what", BYTES)
def test_bytes_that_are_no_receipt(
    unsigned: World, capsys: pytest.CaptureFixture[str], what: str
) -> None:
    """No parser stumbles: the object is named, exit code 10."""
    content, words = BYTES[what]
    shown = enter(unsigned.root, content)
    code, told = verify(unsigned.root, capsys)
    assert code == EXIT_TAMPERED
    assert words in told["receipt_damaged", shown]


def _object(root: Path) -> Path:
    return root / enter(root, raw(sample(root)))


def _grow(path: Path) -> None:
    path.chmod(0o644)
    with path.open("r+b") as file:
        file.truncate(100 * 2**20)


def _link(path: Path) -> None:
    path.rename(path.parents[3] / "elsewhere")
    path.symlink_to(path.parents[3] / "elsewhere")


def _pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def _folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (_grow, "more than 16777216 bytes"),
        (_link, "a link"),
        (_pipe, "a pipe"),
        (_folder, "a folder"),
    ],
)
def test_an_object_that_is_no_plain_file_of_bearable_size(
    unsigned: World,
    capsys: pytest.CaptureFixture[str],
    spoil: Callable[[Path], None],
    words: str,
) -> None:
    """100 MB are not read, a pipe is not waited for, and a link to the right bytes is no object."""
    path = _object(unsigned.root)
    spoil(path)
    code, told = verify(unsigned.root, capsys)
    assert code == EXIT_TAMPERED
    assert words in told["receipt_damaged", path.relative_to(unsigned.root).as_posix()]


def test_the_entering_alone_is_sound(unsigned: World, capsys: pytest.CaptureFixture[str]) -> None:
    """What is refused here is refused for what it says, not for how it came into the ledger."""
    _object(unsigned.root)
    assert verify(unsigned.root, capsys) == (EXIT_OK, {})


def _claim_input(root: Path, path: str, real: Path) -> None:
    """Enter a receipt, of a stage of its own, that read a file with the bytes of another one."""
    found, _ = fingerprint_file(real)
    value = sample(root)
    value["claim"] |= {"stage": f"reads-{Path(path).parent.name or 'here'}", "parents": []}
    value["run"] |= {"parents": [], "id": f"reading-{Path(path).parent.name or 'here'}"}
    value["claim"]["inputs"] = [
        {
            "role": "text",
            "path": path,
            "bytes": found.bytes,
            "blake3": found.blake3.hex,
            "sha256": found.sha256.hex,
            "records": None,
            "root": None,
        }
    ]
    value["claim"]["key"] = KeyParts.of_claim(read_receipt(raw(value)).claim).digest().hex
    enter(root, raw(value))


@pytest.mark.parametrize("flags", [[], ["--deep"]])
def test_a_link_that_leads_out_is_not_followed(
    unsigned: World, capsys: pytest.CaptureFixture[str], tmp_path: Path, flags: list[str]
) -> None:
    """Neither a link nor a file in a linked folder is read outside, though digests would fit."""
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret.txt").write_text("secret\n")
    (unsigned.root / "way").symlink_to(outside)
    (unsigned.root / "secret.txt").symlink_to(outside / "secret.txt")
    for path in ("way/secret.txt", "secret.txt"):
        _claim_input(unsigned.root, path, outside / "secret.txt")
        code, told = verify(unsigned.root, capsys, *flags)
        assert code == EXIT_TAMPERED
        assert ("path_refused", path) in told


def test_a_link_within_is_no_file_either(
    unsigned: World, capsys: pytest.CaptureFixture[str]
) -> None:
    """What is linked may be exchanged: an input that is a link can't be checked, 11."""
    (unsigned.root / "real.txt").write_text("x\n")
    (unsigned.root / "link.txt").symlink_to("real.txt")
    _claim_input(unsigned.root, "link.txt", unsigned.root / "real.txt")
    code, told = verify(unsigned.root, capsys)
    assert (code, list(told)) == (EXIT_INCOMPLETE, [("input_absent", "link.txt")])
    assert "a link" in told["input_absent", "link.txt"]
