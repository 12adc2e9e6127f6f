"""The strict, lean reader of receipts: bytes in, values out, nothing bent on the way.

It refuses what `distill.receipts.schema` refuses (a test holds the two equal) and imports none of
it, because skipping, `status` and `verify` come through here. Every field must be there, no other
may be, and every value has exactly its type.
"""

import re
from collections.abc import Callable
from typing import Any, NoReturn, TypeVar, get_args

from distill.errors import VerificationError
from distill.receipts import receipt as r
from distill.receipts.canonical import MAX_INTEGER, Json, loads
from distill.receipts.digest import Digest, Sha256
from distill.receipts.paths import fault_in
from distill.receipts.report import Check, Counts, Law

HEX_256 = re.compile(r"[0-9a-f]{64}")
GIT_OBJECT = re.compile(r"[0-9a-f]{40}([0-9a-f]{24})?")
STAGE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,99}")
INSTANT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z")

T = TypeVar("T")
Read = Callable[[Any, str], T]


def read_receipt(content: bytes) -> r.Receipt:
    """Return the receipt whose object holds these bytes.

    Law: ``read_receipt(receipt.content) == receipt``.

    Raises:
        VerificationError: too large, not canonical, of a future version, or not of the format.
    """
    if len(content) > r.MAX_RECEIPT_BYTES:
        raise VerificationError(f"the receipt is larger than {r.MAX_RECEIPT_BYTES} bytes")
    if not content.endswith(b"\n"):
        raise VerificationError("the receipt does not end in a newline")
    return receipt_of(loads(content[:-1]))


def receipt_of(value: Json) -> r.Receipt:
    """Return the receipt that a JSON value stands for.

    Raises:
        VerificationError: the value is not of the format.
    """
    if isinstance(value, dict) and value.get("format") != r.FORMAT:
        shown = str(value.get("format"))[:60]
        raise VerificationError(
            f"the receipt's format is {shown!r}, not {r.FORMAT!r}",
            "a newer version of Distill may have written it",
        )
    parts = _object(value, "receipt", ("format", "claim", "run"))
    return r.Receipt(_claim(parts["claim"], "claim"), _run(parts["run"], "run"))


def _refuse(where: str, what: str) -> NoReturn:
    raise VerificationError(f"the receipt's {where} {what}")


def _object(value: object, where: str, names: tuple[str, ...]) -> dict[str, Any]:
    if not isinstance(value, dict):
        _refuse(where, "is no object")
    missing = [name for name in names if name not in value]
    unknown = [name for name in value if name not in names]
    if missing:
        _refuse(where, f"lacks the field {missing[0]!r}")
    if unknown:
        _refuse(where, f"has the unknown field {unknown[0]!r}")
    return value


def _text(value: Any, where: str) -> str:
    if not isinstance(value, str):
        _refuse(where, "is no string")
    return value


def _count(value: Any, where: str) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        _refuse(where, "is no integer")
    if not 0 <= value <= MAX_INTEGER:
        _refuse(where, f"is not between 0 and {MAX_INTEGER}")
    return value


def _truth(value: Any, where: str) -> bool:
    if not isinstance(value, bool):
        _refuse(where, "is neither true nor false")
    return value


def _matching(pattern: re.Pattern[str], meaning: str) -> Read[str]:
    def read(value: Any, where: str) -> str:
        if not pattern.fullmatch(_text(value, where)):
            _refuse(where, f"is no {meaning}")
        return str(value)

    return read


_hex_256 = _matching(HEX_256, "digest of 64 lower-case hexadecimal digits")
_git_object = _matching(GIT_OBJECT, "git object id")
_stage = _matching(STAGE_NAME, "name of a stage")
_instant = _matching(INSTANT, "UTC time like 2026-01-31T08:00:00.000Z")


def _digest(value: Any, where: str) -> Digest:
    return Digest(_hex_256(value, where))


def _sha256(value: Any, where: str) -> Sha256:
    return Sha256(_hex_256(value, where))


def _path(value: Any, where: str) -> str:
    fault = fault_in(_text(value, where))
    if fault is not None:
        _refuse(where, f"{value[:200]!r} is refused: {fault}")
    return str(value)


def _member(alias: object) -> Read[Any]:
    members = get_args(alias)

    def read(value: Any, where: str) -> Any:
        if not isinstance(value, str) or value not in members:
            _refuse(where, f"is none of {', '.join(members)}")
        return value

    return read


def _optional(value: Any, where: str, read: Read[T]) -> T | None:
    return None if value is None else read(value, where)


def _list(value: Any, where: str, read: Read[T]) -> tuple[T, ...]:
    if not isinstance(value, list):
        _refuse(where, "is no list")
    return tuple(read(item, f"{where}[{index}]") for index, item in enumerate(value))


def _map(value: Any, where: str, read: Read[T]) -> dict[str, T]:
    if not isinstance(value, dict):
        _refuse(where, "is no object")
    return {key: read(item, f"{where}.{key}") for key, item in value.items()}


def _counts(value: Any, where: str) -> Counts:
    def nested(item: Any, place: str) -> "int | Counts":
        return _counts(item, place) if isinstance(item, dict) else _count(item, place)

    return _map(value, where, nested)


def _json(value: Any, _where: str) -> Json:
    found: Json = value
    return found


def _file(value: Any, where: str) -> r.FileEntry:
    names = ("role", "path", "bytes", "blake3", "sha256", "records", "root")
    parts = _object(value, where, names)
    if (parts["records"] is None) != (parts["root"] is None):
        _refuse(where, "has only one of records and root")
    return r.FileEntry(
        role=_text(parts["role"], f"{where}.role"),
        path=_path(parts["path"], f"{where}.path"),
        bytes=_count(parts["bytes"], f"{where}.bytes"),
        blake3=_digest(parts["blake3"], f"{where}.blake3"),
        sha256=_sha256(parts["sha256"], f"{where}.sha256"),
        records=_optional(parts["records"], f"{where}.records", _count),
        root=_optional(parts["root"], f"{where}.root", _sha256),
    )


def _target(value: Any, where: str) -> r.Target:
    parts = _object(value, where, ("role", "path", "kind"))
    return r.Target(
        _text(parts["role"], f"{where}.role"),
        _path(parts["path"], f"{where}.path"),
        _member(r.TargetKind)(parts["kind"], f"{where}.kind"),
    )


def _code(value: Any, where: str) -> r.Code:
    parts = _object(value, where, ("digest", "files"))
    return r.Code(
        _digest(parts["digest"], f"{where}.digest"), _map(parts["files"], f"{where}.files", _digest)
    )


def _environment(value: Any, where: str) -> r.Environment:
    parts = _object(value, where, ("python", "distributions"))
    return r.Environment(
        _text(parts["python"], f"{where}.python"),
        _map(parts["distributions"], f"{where}.distributions", _text),
    )


def _parent(value: Any, where: str) -> r.Parent:
    parts = _object(value, where, ("stage", "claim"))
    return r.Parent(
        _stage(parts["stage"], f"{where}.stage"), _digest(parts["claim"], f"{where}.claim")
    )


def _law(value: Any, where: str) -> Law:
    parts = _object(value, where, ("name", "unit", "left", "right", "source"))
    return Law(
        name=_text(parts["name"], f"{where}.name"),
        unit=_text(parts["unit"], f"{where}.unit"),
        left=_map(parts["left"], f"{where}.left", _count),
        right=_map(parts["right"], f"{where}.right", _count),
        source=_optional(parts["source"], f"{where}.source", _text),
    )


def _check(value: Any, where: str) -> Check:
    parts = _object(value, where, ("name", "passed", "detail"))
    return Check(
        _text(parts["name"], f"{where}.name"),
        _truth(parts["passed"], f"{where}.passed"),
        _text(parts["detail"], f"{where}.detail"),
    )


def _validation(value: Any, where: str) -> r.Validation:
    parts = _object(value, where, ("status", "checks"))
    return r.Validation(
        _member(r.Status)(parts["status"], f"{where}.status"),
        _list(parts["checks"], f"{where}.checks", _check),
    )


_CLAIM = tuple(r.Claim.__dataclass_fields__)
_RUN = tuple(r.Run.__dataclass_fields__)
_GIT = tuple(r.GitState.__dataclass_fields__)


def _claim(value: Any, where: str) -> r.Claim:
    parts = _object(value, where, _CLAIM)
    return r.Claim(
        stage=_stage(parts["stage"], f"{where}.stage"),
        version=_count(parts["version"], f"{where}.version"),
        key=_digest(parts["key"], f"{where}.key"),
        code=_code(parts["code"], f"{where}.code"),
        environment=_environment(parts["environment"], f"{where}.environment"),
        parameters=_map(parts["parameters"], f"{where}.parameters", _json),
        targets=_list(parts["targets"], f"{where}.targets", _target),
        inputs=_list(parts["inputs"], f"{where}.inputs", _file),
        outputs=_list(parts["outputs"], f"{where}.outputs", _file),
        parents=_list(parts["parents"], f"{where}.parents", _parent),
        counts=_counts(parts["counts"], f"{where}.counts"),
        laws=_list(parts["laws"], f"{where}.laws", _law),
        validation=_validation(parts["validation"], f"{where}.validation"),
        notes=_map(parts["notes"], f"{where}.notes", _json),
    )


def _trigger(value: Any, where: str) -> r.Trigger:
    parts = _object(value, where, ("kind", "id"))
    return r.Trigger(
        _member(r.TriggerKind)(parts["kind"], f"{where}.kind"),
        _optional(parts["id"], f"{where}.id", _text),
    )


def _git(value: Any, where: str) -> r.GitState:
    parts = _object(value, where, _GIT)
    return r.GitState(
        state=_member(r.GitStatus)(parts["state"], f"{where}.state"),
        commit=_optional(parts["commit"], f"{where}.commit", _git_object),
        tree=_optional(parts["tree"], f"{where}.tree", _git_object),
        shallow=_truth(parts["shallow"], f"{where}.shallow"),
        from_wheel=_truth(parts["from_wheel"], f"{where}.from_wheel"),
    )


def _error(value: Any, where: str) -> r.RunError:
    parts = _object(value, where, ("type", "message"))
    return r.RunError(
        _text(parts["type"], f"{where}.type"), _text(parts["message"], f"{where}.message")
    )


def _run(value: Any, where: str) -> r.Run:
    parts = _object(value, where, _RUN)
    return r.Run(
        id=_text(parts["id"], f"{where}.id"),
        started_at=_instant(parts["started_at"], f"{where}.started_at"),
        ended_at=_instant(parts["ended_at"], f"{where}.ended_at"),
        duration_ms=_count(parts["duration_ms"], f"{where}.duration_ms"),
        trigger=_trigger(parts["trigger"], f"{where}.trigger"),
        parents=_list(parts["parents"], f"{where}.parents", _digest),
        code=_git(parts["code"], f"{where}.code"),
        workspace=_git(parts["workspace"], f"{where}.workspace"),
        error=_optional(parts["error"], f"{where}.error", _error),
    )
