"""The strict, lean reader of receipts: bytes in, values out, nothing bent on the way.

It refuses what `distill.receipts.schema` refuses (a test holds the two equal) and imports none of
it, because skipping, `status` and `verify` come through here. Every field must be there, no other
may be, and every value has exactly its type.
"""

from typing import Any

from distill.errors import ContractError, VerificationError
from distill.receipts import receipt as r
from distill.receipts import strict
from distill.receipts.canonical import MAX_INTEGER, Json, dumps_part, loads
from distill.receipts.digest import Digest, Sha256
from distill.receipts.paths import fault_in
from distill.receipts.report import Check, Law
from distill.receipts.targets import Target, TargetKind


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
    return _with_content(_receipt(loads(content[:-1])), content)


def receipt_of(value: Json) -> r.Receipt:
    """Return the receipt that a JSON value stands for, a part of one that was read canonically.

    Raises:
        VerificationError: the value is not of the format.
    """
    return _with_content(_receipt(value), dumps_part(value) + b"\n")


def _with_content(receipt: r.Receipt, content: bytes) -> r.Receipt:
    """Let a receipt keep the bytes that it was read from: by the law, what it is written as."""
    receipt.__dict__["content"] = content
    return receipt


def _receipt(value: Json) -> r.Receipt:
    if isinstance(value, dict) and value.get("format") != r.FORMAT:
        shown = str(value.get("format"))[:60]
        raise VerificationError(
            f"the receipt's format is {shown!r}, not {r.FORMAT!r}",
            "a newer version of Distill may have written it",
        )
    parts = strict.object_of(value, "the receipt", ("format", "claim", "run"))
    return r.Receipt(
        _claim(parts["claim"], "the receipt's claim"), _run(parts["run"], "the receipt's run")
    )


_FILE = tuple(r.FileEntry.__dataclass_fields__)


def _file(value: Any, where: str) -> r.FileEntry:
    return _sound_file(value) or _named_file(value, where)


def _sound_file(value: Any) -> r.FileEntry | None:
    """Return an entry in a third of the time; null where something may be wrong with it."""
    try:
        role, path, size, blake3, sha256, records, root = [value[name] for name in _FILE]
        is_sound = (
            len(value) == len(_FILE)
            and type(role) is str
            and type(path) is str
            and fault_in(path) is None
            and _is_count(size)
            and (root is None if records is None else _is_count(records) and root is not None)
        )
        if not is_sound:
            return None
        tree = None if root is None else Sha256(root)
        return r.FileEntry(role, path, size, Digest(blake3), Sha256(sha256), records, tree)
    except (LookupError, TypeError, ContractError):
        return None


def _is_count(value: object) -> bool:
    return type(value) is int and 0 <= value <= MAX_INTEGER


def _named_file(value: Any, where: str) -> r.FileEntry:
    """Return an entry, or say by its name what is wrong."""
    parts = strict.object_of(value, where, _FILE)
    if (parts["records"] is None) != (parts["root"] is None):
        strict.refuse(where, "has only one of records and root")
    return r.FileEntry(
        role=strict.text(parts["role"], f"{where}.role"),
        path=strict.path(parts["path"], f"{where}.path"),
        bytes=strict.count(parts["bytes"], f"{where}.bytes"),
        blake3=strict.digest(parts["blake3"], f"{where}.blake3"),
        sha256=strict.sha256(parts["sha256"], f"{where}.sha256"),
        records=strict.optional(parts["records"], f"{where}.records", strict.count),
        root=strict.optional(parts["root"], f"{where}.root", strict.sha256),
    )


def _target(value: Any, where: str) -> Target:
    parts = strict.object_of(value, where, ("role", "path", "kind"))
    return Target(
        strict.text(parts["role"], f"{where}.role"),
        strict.path(parts["path"], f"{where}.path"),
        strict.member_of(TargetKind)(parts["kind"], f"{where}.kind"),
    )


def _code(value: Any, where: str) -> r.Code:
    parts = strict.object_of(value, where, ("digest", "files", "function"))
    files = strict.map_of(parts["files"], f"{where}.files", strict.digest)
    for name in files:
        strict.path(name.removesuffix("/"), f"{where}.files")
    return r.Code(
        strict.digest(parts["digest"], f"{where}.digest"),
        files,
        strict.function(parts["function"], f"{where}.function"),
    )


def _environment(value: Any, where: str) -> r.Environment:
    parts = strict.object_of(value, where, ("python", "distributions"))
    return r.Environment(
        strict.text(parts["python"], f"{where}.python"),
        strict.map_of(parts["distributions"], f"{where}.distributions", strict.text),
    )


def _parent(value: Any, where: str) -> r.Parent:
    parts = strict.object_of(value, where, ("stage", "claim"))
    return r.Parent(
        strict.stage(parts["stage"], f"{where}.stage"),
        strict.digest(parts["claim"], f"{where}.claim"),
    )


def _law(value: Any, where: str) -> Law:
    parts = strict.object_of(value, where, ("name", "unit", "left", "right", "source"))
    return Law(
        name=strict.text(parts["name"], f"{where}.name"),
        unit=strict.text(parts["unit"], f"{where}.unit"),
        left=strict.map_of(parts["left"], f"{where}.left", strict.count),
        right=strict.map_of(parts["right"], f"{where}.right", strict.count),
        source=strict.optional(parts["source"], f"{where}.source", strict.text),
    )


def _check(value: Any, where: str) -> Check:
    parts = strict.object_of(value, where, ("name", "passed", "detail"))
    return Check(
        strict.text(parts["name"], f"{where}.name"),
        strict.truth(parts["passed"], f"{where}.passed"),
        strict.text(parts["detail"], f"{where}.detail"),
    )


def _validation(value: Any, where: str) -> r.Validation:
    parts = strict.object_of(value, where, ("status", "checks"))
    return r.Validation(
        strict.member_of(r.Status)(parts["status"], f"{where}.status"),
        strict.list_of(parts["checks"], f"{where}.checks", _check),
    )


_CLAIM = tuple(r.Claim.__dataclass_fields__)
_RUN = tuple(r.Run.__dataclass_fields__)
_GIT = tuple(r.GitState.__dataclass_fields__)


def _claim(value: Any, where: str) -> r.Claim:
    parts = strict.object_of(value, where, _CLAIM)
    outputs = strict.list_of(parts["outputs"], f"{where}.outputs", _file)
    if len({entry.path for entry in outputs}) != len(outputs):
        strict.refuse(f"{where}.outputs", "name one path twice")
    return r.Claim(
        stage=strict.stage(parts["stage"], f"{where}.stage"),
        version=strict.count(parts["version"], f"{where}.version"),
        key=strict.digest(parts["key"], f"{where}.key"),
        code=_code(parts["code"], f"{where}.code"),
        environment=_environment(parts["environment"], f"{where}.environment"),
        parameters=strict.map_of(parts["parameters"], f"{where}.parameters", strict.any_json),
        targets=strict.list_of(parts["targets"], f"{where}.targets", _target),
        inputs=strict.list_of(parts["inputs"], f"{where}.inputs", _file),
        outputs=outputs,
        parents=strict.list_of(parts["parents"], f"{where}.parents", _parent),
        counts=strict.counts(parts["counts"], f"{where}.counts"),
        laws=strict.list_of(parts["laws"], f"{where}.laws", _law),
        validation=_validation(parts["validation"], f"{where}.validation"),
        notes=strict.map_of(parts["notes"], f"{where}.notes", strict.any_json),
    )


def _trigger(value: Any, where: str) -> r.Trigger:
    parts = strict.object_of(value, where, ("kind", "id"))
    return r.Trigger(
        strict.member_of(r.TriggerKind)(parts["kind"], f"{where}.kind"),
        strict.optional(parts["id"], f"{where}.id", strict.text),
    )


def _git(value: Any, where: str) -> r.GitState:
    parts = strict.object_of(value, where, _GIT)
    return r.GitState(
        state=strict.member_of(r.GitStatus)(parts["state"], f"{where}.state"),
        commit=strict.optional(parts["commit"], f"{where}.commit", strict.git_object),
        tree=strict.optional(parts["tree"], f"{where}.tree", strict.git_object),
        dirty_tree=strict.optional(parts["dirty_tree"], f"{where}.dirty_tree", strict.git_object),
        shallow=strict.truth(parts["shallow"], f"{where}.shallow"),
        from_wheel=strict.truth(parts["from_wheel"], f"{where}.from_wheel"),
    )


def _error(value: Any, where: str) -> r.RunError:
    parts = strict.object_of(value, where, ("type", "message"))
    return r.RunError(
        strict.text(parts["type"], f"{where}.type"),
        strict.text(parts["message"], f"{where}.message"),
    )


def _run(value: Any, where: str) -> r.Run:
    parts = strict.object_of(value, where, _RUN)
    return r.Run(
        id=strict.run_id(parts["id"], f"{where}.id"),
        started_at=strict.instant(parts["started_at"], f"{where}.started_at"),
        ended_at=strict.instant(parts["ended_at"], f"{where}.ended_at"),
        duration_ms=strict.count(parts["duration_ms"], f"{where}.duration_ms"),
        trigger=_trigger(parts["trigger"], f"{where}.trigger"),
        parents=strict.list_of(parts["parents"], f"{where}.parents", strict.digest),
        code=_git(parts["code"], f"{where}.code"),
        workspace=_git(parts["workspace"], f"{where}.workspace"),
        error=strict.optional(parts["error"], f"{where}.error", _error),
    )
