"""The strict reader of proofs: bytes in, values out, nothing bent on the way.

Everything that a proof says of itself is held together here: its form. Whether what it says holds
is `distill.lineage.verification`.
"""

from pathlib import Path
from typing import Any, Final

from distill.errors import ConfigurationError, VerificationError
from distill.lineage.proof import (
    FORMAT,
    Growth,
    Hop,
    LedgeredReceipt,
    LedgerHead,
    Line,
    Proof,
    RunHops,
    Side,
    record_json,
)
from distill.receipts import strict
from distill.receipts.base64_text import from_base64
from distill.receipts.canonical import dumps_part, loads
from distill.receipts.merkle_proofs import HASH_BYTES
from distill.receipts.reader import receipt_of

#: A proof holds whole records, and a record may have 64 MiB.
MAX_PROOF_BYTES: Final = 512 * 2**20
_HINT: Final = "fetch it again, or make it again with `distill prove`"
_LINE: Final = ("entry", "index", "path")


def read_proof_file(path: Path) -> Proof:
    """Return the proof that a file holds.

    Raises:
        ConfigurationError: there is no such file.
        VerificationError: as `read_proof`, naming the file.
    """
    try:
        with path.open("rb") as file:
            return read_proof(file.read(MAX_PROOF_BYTES + 1))
    except OSError as error:
        raise ConfigurationError(
            f"{path} can't be read: {error.strerror}", "name a file that `distill prove` wrote"
        ) from error
    except VerificationError as error:
        raise VerificationError(f"{path}: {error.message}", error.hint or _HINT) from error


def read_proof(content: bytes) -> Proof:
    """Return the proof whose file holds these bytes.

    Law: ``read_proof(proof.content) == proof``.

    Raises:
        VerificationError: too large, not canonical, of a future version, or not of the format.
    """
    if len(content) > MAX_PROOF_BYTES:
        raise VerificationError(f"the proof is larger than {MAX_PROOF_BYTES} bytes")
    if not content.endswith(b"\n"):
        raise VerificationError(
            "the proof does not end in a newline: it was cut short, or is no proof",
            _HINT,
        )
    value = loads(content[:-1])
    if isinstance(value, dict) and value.get("format") != FORMAT:
        raise VerificationError(
            f"the proof's format is {str(value.get('format'))[:60]!r}, not {FORMAT!r}",
            "a newer version of Distill may have written it",
        )
    parts = strict.object_of(value, "the proof", ("format", "ledger", "receipts", "runs", "sample"))
    return Proof(
        ledger=_ledger(parts["ledger"], "the proof's ledger"),
        receipts=strict.list_of(parts["receipts"], "the proof's receipts", _receipt),
        runs=strict.list_of(parts["runs"], "the proof's runs", _run),
        sample=_hop(parts["sample"], "the proof's sample"),
    )


def _ledger(value: Any, where: str) -> LedgerHead:
    names = ("checkpoint", "first", "growth", "keys", "last")
    parts = strict.object_of(value, where, names)
    return LedgerHead(
        checkpoint=strict.text(parts["checkpoint"], f"{where}.checkpoint"),
        first=_line(parts["first"], f"{where}.first"),
        last=_line(parts["last"], f"{where}.last"),
        keys=strict.list_of(parts["keys"], f"{where}.keys", _line),
        growth=strict.optional(parts["growth"], f"{where}.growth", _growth),
    )


def _growth(value: Any, where: str) -> Growth:
    parts = strict.object_of(value, where, ("path", "root", "size"))
    return Growth(
        strict.count(parts["size"], f"{where}.size"),
        _hash(parts["root"], f"{where}.root"),
        strict.list_of(parts["path"], f"{where}.path", _hash),
    )


def _line(value: Any, where: str) -> Line:
    return _line_of(strict.object_of(value, where, _LINE), where)


def _line_of(parts: dict[str, Any], where: str) -> Line:
    if not isinstance(parts["entry"], dict):
        strict.refuse(f"{where}.entry", "is no object")
    return Line(
        strict.count(parts["index"], f"{where}.index"),
        dumps_part(parts["entry"]),
        strict.list_of(parts["path"], f"{where}.path", _hash),
    )


def _receipt(value: Any, where: str) -> LedgeredReceipt:
    parts = strict.object_of(value, where, (*_LINE, "receipt"))
    try:
        receipt = receipt_of(parts["receipt"])
    except VerificationError as error:
        raise VerificationError(f"{where}: {error.message}", error.hint) from error
    return LedgeredReceipt(_line_of(parts, where), receipt)


def _run(value: Any, where: str) -> RunHops:
    parts = strict.object_of(value, where, ("evidence", "raw", "scored", "side"))
    return RunHops(
        side=strict.member_of(Side)(parts["side"], f"{where}.side"),
        raw=strict.list_of(parts["raw"], f"{where}.raw", _hop),
        evidence=_hop(parts["evidence"], f"{where}.evidence"),
        scored=_hop(parts["scored"], f"{where}.scored"),
    )


def _hop(value: Any, where: str) -> Hop:
    names = ("file", "index", "path", "receipt", "record", "size")
    parts = strict.object_of(value, where, names)
    return Hop(
        file=strict.path(parts["file"], f"{where}.file"),
        index=strict.count(parts["index"], f"{where}.index"),
        path=strict.list_of(parts["path"], f"{where}.path", _hash),
        receipt=strict.digest(parts["receipt"], f"{where}.receipt"),
        record=_record(parts["record"], f"{where}.record"),
        size=strict.count(parts["size"], f"{where}.size"),
    )


def _record(value: Any, where: str) -> bytes:
    """Return a record's bytes; each has one form in a proof, and no other is read."""
    if not isinstance(value, dict) or len(value) != 1 or not {"text", "base64"} & value.keys():
        strict.refuse(where, "is neither {text} nor {base64}")
    if "text" in value:
        record = strict.text(value["text"], f"{where}.text").encode()
    else:
        record = from_base64(strict.text(value["base64"], f"{where}.base64"), f"{where}.base64")
    if record_json(record) != value:
        strict.refuse(where, "is base64 where text holds it")
    return record


def _hash(value: Any, where: str) -> bytes:
    data = from_base64(strict.text(value, where), where)
    if len(data) != HASH_BYTES:
        strict.refuse(where, f"has not {HASH_BYTES} bytes")
    return data
