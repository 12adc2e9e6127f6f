"""The strict reader of proofs: bytes in, values out, nothing bent on the way.

Everything that a proof says of itself is held together here: its form. Whether what it says holds
is `distill.lineage.verification`.
"""

from collections.abc import Callable, Sequence
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any, Final, TypeVar

from distill.errors import ConfigurationError, VerificationError
from distill.lineage.proof import (
    FORMAT,
    Growth,
    Hop,
    LedgerHead,
    Line,
    Proof,
    RunHops,
    ShownFact,
    ShownReceipt,
    ShownReceipts,
    Side,
    record_json,
)
from distill.receipts import strict
from distill.receipts.base64_text import from_base64
from distill.receipts.canonical import dumps_part, loads
from distill.receipts.facts import Fact, InputFact, NamedFile, NoteFact, OutputFact, ParentFact
from distill.receipts.ledger.entries import read_entry
from distill.receipts.merkle_proofs import HASH_BYTES

#: A proof holds whole records, and a record may have 64 MiB.
MAX_PROOF_BYTES: Final = 512 * 2**20
_HINT: Final = "fetch it again, or make it again with `distill prove`"
_PARTS: Final = ("files", "format", "ledger", "receipts", "runs", "sample")

T = TypeVar("T")


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
    parts = strict.object_of(value, "the proof", _PARTS)
    files = _files(parts["files"], "the proof's files")
    return Proof(
        files=files,
        ledger=_ledger(parts["ledger"], "the proof's ledger"),
        receipts=_receipts(parts["receipts"], "the proof's receipts", files),
        runs=strict.list_of(parts["runs"], "the proof's runs", partial(_run, files=files)),
        sample=_hop(parts["sample"], "the proof's sample", files),
    )


def _files(value: Any, where: str) -> tuple[NamedFile, ...]:
    files = strict.list_of(value, where, _file)
    _demand_ascending([file.path for file in files], where, "paths")
    return files


def _file(value: Any, where: str) -> NamedFile:
    parts = strict.object_of(value, where, ("blake3", "bytes", "path", "records", "root"))
    if (parts["records"] is None) != (parts["root"] is None):
        strict.refuse(where, "has only one of records and root")
    return NamedFile(
        path=strict.path(parts["path"], f"{where}.path"),
        bytes=strict.count(parts["bytes"], f"{where}.bytes"),
        blake3=strict.digest(parts["blake3"], f"{where}.blake3"),
        records=strict.optional(parts["records"], f"{where}.records", strict.count),
        root=strict.optional(parts["root"], f"{where}.root", strict.sha256),
    )


def _ledger(value: Any, where: str) -> LedgerHead:
    parts = strict.object_of(value, where, ("checkpoint", "growth", "lines", "path"))
    lines = strict.list_of(parts["lines"], f"{where}.lines", _line)
    _demand_ascending([line.index for line in lines], f"{where}.lines", "numbers")
    return LedgerHead(
        checkpoint=strict.text(parts["checkpoint"], f"{where}.checkpoint"),
        lines=lines,
        path=_path(parts["path"], f"{where}.path"),
        growth=strict.optional(parts["growth"], f"{where}.growth", _growth),
    )


def _growth(value: Any, where: str) -> Growth:
    parts = strict.object_of(value, where, ("path", "root", "size"))
    root = _path(parts["root"], f"{where}.root")
    if len(root) != 1:
        strict.refuse(f"{where}.root", f"has not {HASH_BYTES} bytes")
    size = strict.count(parts["size"], f"{where}.size")
    return Growth(size, root[0], _path(parts["path"], f"{where}.path"))


def _line(value: Any, where: str) -> Line:
    parts = strict.object_of(value, where, ("entry", "index"))
    index = strict.count(parts["index"], f"{where}.index")
    try:
        return Line(index, read_entry(dumps_part(parts["entry"])))
    except VerificationError as error:
        raise VerificationError(f"{where}.entry: {error.message}", error.hint) from error


def _receipts(value: Any, where: str, files: Sequence[NamedFile]) -> ShownReceipts:
    parts = strict.object_of(value, where, ("evidence", "export", "scored"))
    return ShownReceipts(
        **{name: _receipt(part, f"{where}.{name}", files) for name, part in parts.items()}
    )


def _receipt(value: Any, where: str, files: Sequence[NamedFile]) -> ShownReceipt:
    parts = strict.object_of(value, where, ("facts", "line", "path"))
    facts = strict.list_of(parts["facts"], f"{where}.facts", partial(_fact, files=files))
    _demand_ascending([one.index for one in facts], f"{where}.facts", "numbers")
    return ShownReceipt(
        facts, strict.count(parts["line"], f"{where}.line"), _path(parts["path"], f"{where}.path")
    )


def _fact(value: Any, where: str, files: Sequence[NamedFile]) -> ShownFact:
    kinds: dict[str, Callable[[dict[str, Any]], Fact]] = {
        "input": lambda p: InputFact(_file_at(p["input"], f"{where}.input", files)),
        "output": lambda p: OutputFact(_file_at(p["output"], f"{where}.output", files)),
        "parent": lambda p: ParentFact(strict.digest(p["parent"], f"{where}.parent")),
        "note": lambda p: NoteFact(strict.text(p["note"], f"{where}.note"), p["value"]),
    }
    if not isinstance(value, dict):
        strict.refuse(where, "is no object")
    names = [name for name in kinds if name in value]
    if len(names) != 1:
        strict.refuse(where, f"is none of {', '.join(kinds)}")
    more = ("value",) if names == ["note"] else ()
    parts = strict.object_of(value, where, ("index", *names, *more))
    return ShownFact(strict.count(parts["index"], f"{where}.index"), kinds[names[0]](parts))


def _run(value: Any, where: str, files: Sequence[NamedFile]) -> RunHops:
    parts = strict.object_of(value, where, ("evidence", "raw", "scored", "side"))
    return RunHops(
        side=strict.member_of(Side)(parts["side"], f"{where}.side"),
        raw=strict.list_of(parts["raw"], f"{where}.raw", partial(_hop, files=files)),
        evidence=_hop(parts["evidence"], f"{where}.evidence", files),
        scored=_hop(parts["scored"], f"{where}.scored", files),
    )


def _hop(value: Any, where: str, files: Sequence[NamedFile]) -> Hop:
    parts = strict.object_of(value, where, ("file", "index", "path", "record"))
    return Hop(
        file=_file_at(parts["file"], f"{where}.file", files),
        index=strict.count(parts["index"], f"{where}.index"),
        path=_path(parts["path"], f"{where}.path"),
        record=_record(parts["record"], f"{where}.record"),
    )


def _file_at(value: Any, where: str, files: Sequence[NamedFile]) -> NamedFile:
    number = strict.count(value, where)
    if number >= len(files):
        strict.refuse(where, f"is no number of one of the proof's {len(files)} files")
    return files[number]


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


def _path(value: Any, where: str) -> tuple[bytes, ...]:
    data = from_base64(strict.text(value, where), where)
    if len(data) % HASH_BYTES:
        strict.refuse(where, f"has not {HASH_BYTES} bytes a hash")
    return tuple(data[at : at + HASH_BYTES] for at in range(0, len(data), HASH_BYTES))


def _demand_ascending(items: Sequence[Any], where: str, what: str) -> None:
    if any(one >= other for one, other in pairwise(items)):
        strict.refuse(where, f"are not in the order of their {what}, each once")
