"""The vectors: what our readers take and refuse, and what a second implementation should."""

import json
import subprocess
from collections.abc import Callable
from typing import Any, Final

import pytest
from pydantic import ValidationError

from distill.errors import VerificationError
from distill.lineage.proof_reader import read_proof
from distill.receipts.base64_text import from_base64
from distill.receipts.canonical import loads
from distill.receipts.claims import claim_faults
from distill.receipts.ledger.checkpoint import read_note
from distill.receipts.ledger.entries import read_entry
from distill.receipts.ledger.key_forms import raw_ed25519
from distill.receipts.ledger.signing import verify_ed25519, verify_p256
from distill.receipts.published_schema import json_schema
from distill.receipts.reader import read_receipt
from distill.receipts.receipt import MAX_RECEIPT_BYTES
from distill.receipts.release_reader import read_manifest
from distill.receipts.schema import ReceiptModel
from distill.receipts.sshsig import read_sshsig, signed_bytes
from tests.vectors.make_vectors import SCHEMA, all_vectors, more_files
from tests.vectors.making.receipts import verdict_of_schema
from tests.vectors.making.vector import FOLDER, INDEX, files_in, read_index, write_index

ENTRIES: Final = read_index()
RENEW: Final = "write them anew: python -m tests.vectors.make_vectors"


def _demand(is_signed: bool) -> None:
    if not is_signed:
        message = "the signature is refused"
        raise VerificationError(message)


def _signed(entry: dict[str, Any], signature: bytes) -> tuple[bytes, bytes, bytes]:
    """Return key (DER), signature and message."""
    return public_key(entry["key"]), signature, (FOLDER / entry["over"]).read_bytes()


def _read_sshsig(content: bytes, entry: dict[str, Any]) -> None:
    public, _, message = _signed(entry, content)
    signature = read_sshsig(content, raw_ed25519(public))
    _demand(verify_ed25519(public, signature, signed_bytes(message)))


def public_key(name: str) -> bytes:
    """Return the DER of a PEM file of the folder."""
    lines = (FOLDER / name).read_text(encoding="ascii").splitlines()
    return from_base64("".join(lines[1:-1]), name)


Read = Callable[[bytes, dict[str, Any]], object]
READERS: Final[dict[str, Read]] = {
    "receipt": lambda content, _: read_receipt(content),
    "ledger-line": lambda content, _: read_entry(content.removesuffix(b"\n")),
    "ledger": lambda *_: None,  # its lines are judged together, in test_verdicts.py
    "checkpoint": lambda content, _: read_note(content),
    "p256": lambda content, entry: _demand(verify_p256(*_signed(entry, content))),
    "ed25519": lambda content, entry: _demand(verify_ed25519(*_signed(entry, content))),
    "sshsig": _read_sshsig,
    "release": lambda content, _: read_manifest(content),
    "proof": lambda content, _: read_proof(content),
}


def of_kind(*kinds: str) -> pytest.MarkDecorator:
    """Parametrise a test by the vectors of some kinds."""
    found = [entry for entry in ENTRIES if entry["kind"] in kinds]
    return pytest.mark.parametrize("entry", found, ids=[entry["file"] for entry in found])


def content_of(entry: dict[str, Any]) -> bytes:
    """Return the bytes of a vector."""
    return FOLDER.joinpath(entry["file"]).read_bytes()


def expected_of(entry: dict[str, Any]) -> set[str]:
    """Return the kinds of faults that a verifier finds."""
    return set() if entry["fault"] is None else {entry["fault"]}


def test_every_file_is_listed_and_every_listed_file_is_there() -> None:
    """A file that nobody reads, or an entry without a file, is a mistake."""
    assert sorted(entry["file"] for entry in ENTRIES) == sorted(files_in())


def test_the_vectors_are_what_the_script_makes() -> None:
    """The bytes are the same on every machine and at any time."""
    made = all_vectors()
    assert (FOLDER / INDEX).read_bytes() == write_index(made), RENEW
    for vector in made:
        assert (FOLDER / vector.file).read_bytes() == vector.content, f"{vector.file}: {RENEW}"
    for file, content in more_files().items():
        assert (FOLDER / file).read_bytes() == content, f"{file}: {RENEW}"


@of_kind(*READERS)
def test_our_readers_agree_with_the_index(entry: dict[str, Any]) -> None:
    """A valid file is read; an invalid one is refused, and for the reason that is written there."""
    read = READERS[entry["kind"]]
    if entry["valid"]:
        read(content_of(entry), entry)
        return
    with pytest.raises(VerificationError) as caught:
        read(content_of(entry), entry)
    assert entry["refusal"] in caught.value.message


def test_every_kind_has_a_reader() -> None:
    """No vector is only looked at."""
    assert {entry["kind"] for entry in ENTRIES} == set(READERS)


@of_kind("receipt")
def test_the_models_agree_with_the_reader(entry: dict[str, Any]) -> None:
    """What is canonical is read by the lean reader just where the pydantic models take it."""
    content = content_of(entry)
    try:
        loads(content.removesuffix(b"\n"))
    except VerificationError:
        assert not entry["valid"]
        return
    try:
        ReceiptModel.model_validate_json(content)
    except ValidationError:
        assert not entry["valid"]
    else:
        assert entry["valid"] or not content.endswith(b"\n")


@of_kind("receipt")
def test_the_published_schema_says_what_the_index_says(entry: dict[str, Any]) -> None:
    """The JSON Schema takes all that is valid; what it can't see is marked."""
    assert verdict_of_schema(content_of(entry)) == entry["schema"]
    assert entry["schema"] == "accepts" or not entry["valid"]


def test_the_published_schema_is_the_models_own() -> None:
    """What auditors get is what the code holds."""
    assert json.loads(SCHEMA.read_bytes()) == json_schema(), RENEW


@of_kind("receipt")
def test_what_contradicts_itself_is_found(entry: dict[str, Any]) -> None:
    """A receipt may be of the format and yet say what can't be true."""
    if entry["valid"]:
        found = {fault.kind for fault in claim_faults("", read_receipt(content_of(entry)))}
        assert found == expected_of(entry)


# openssl takes either s; who wants one spelling must compare s with n/2.
_TAKEN_BY_OPENSSL: Final = {"p256/invalid/high-s.der"}


@of_kind("p256", "ed25519")
def test_openssl_agrees(entry: dict[str, Any], require_tool: Callable[[str], str]) -> None:
    """An auditor's openssl takes the valid signatures and refuses the others."""
    key, over, signature = (str(FOLDER / entry[name]) for name in ("key", "over", "file"))
    program = [require_tool("openssl")]
    if entry["kind"] == "p256":
        program += ["dgst", "-sha256", "-verify", key, "-signature", signature, over]
    else:
        program += ["pkeyutl", "-verify", "-rawin", "-pubin", "-inkey", key]
        program += ["-in", over, "-sigfile", signature]
    done = subprocess.run(program, capture_output=True, check=False)
    assert (done.returncode == 0) == (entry["valid"] or entry["file"] in _TAKEN_BY_OPENSSL)


def test_a_receipt_beyond_the_bound_is_refused_before_it_is_parsed() -> None:
    """A byte more than 16 MiB is too many; such a file is not kept here."""
    with pytest.raises(VerificationError, match="larger than"):
        read_receipt(b"x" * (MAX_RECEIPT_BYTES + 1))
