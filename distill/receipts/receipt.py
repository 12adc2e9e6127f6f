"""The receipt as frozen values, and the JSON that they stand for.

A receipt has two parts. The **claim** is deterministic: two honest people who run the same stage on
the same files get the same claim. The **run** is what differs between two executions. The reader is
in `distill.receipts.reader`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from functools import cached_property
from json import JSONDecoder
from typing import Literal

from distill.errors import ContractError
from distill.receipts.canonical import Json, dumps
from distill.receipts.digest import Digest, Hex256, Sha256, digest_bytes
from distill.receipts.report import Check, Counts, Law
from distill.receipts.targets import Target, slot_of

FORMAT = "distill.receipt/1"
MAX_RECEIPT_BYTES = 16 * 1024 * 1024

Status = Literal["passed", "failed"]
GitStatus = Literal["clean", "dirty", "unborn", "no_repo", "untrusted", "unavailable"]
TriggerKind = Literal["python", "cli", "prefect"]


@dataclass(frozen=True, slots=True)
class FileEntry:
    """One file that was read or written; ``role`` is the parameter that named it.

    ``records`` and ``root`` are null for files whose name does not end in ``.jsonl``.
    """

    role: str
    path: str
    bytes: int
    blake3: Digest
    sha256: Sha256
    records: int | None
    root: Sha256 | None


@dataclass(frozen=True, slots=True)
class Code:
    """The code that ran: the digest of ``files``, each file's normalised digest, and the function.

    ``function`` is ``module:qualname``, so that the stage can be found again and run again.
    """

    digest: Digest
    files: Mapping[str, Digest]
    function: str


@dataclass(frozen=True, slots=True)
class Environment:
    """Python's minor version, and the distributions that the code imports, with versions.

    ``python`` ends in `` -O`` or `` -OO`` where Python ran with that option.
    """

    python: str
    distributions: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Parent:
    """The claim of the stage that made one or more of the inputs."""

    stage: str
    claim: Digest


@dataclass(frozen=True, slots=True)
class Validation:
    """Whether the stage kept its contract, with every check."""

    status: Status
    checks: tuple[Check, ...]


@dataclass(frozen=True, slots=True)
class Claim:
    """What anyone who runs the stage again must get."""

    stage: str
    version: int
    key: Digest
    code: Code
    environment: Environment
    parameters: Mapping[str, Json]
    targets: tuple[Target, ...]
    inputs: tuple[FileEntry, ...]
    outputs: tuple[FileEntry, ...]
    parents: tuple[Parent, ...]
    counts: Counts
    laws: tuple[Law, ...]
    validation: Validation
    notes: Mapping[str, Json]


@dataclass(frozen=True, slots=True)
class Trigger:
    """Who started the run; ``id`` is null where the starter has none."""

    kind: TriggerKind
    id: str | None


@dataclass(frozen=True, slots=True)
class GitState:
    """The git state of a folder: commit and tree are null where there is none to tell.

    ``dirty_tree``: HEAD's tree with the files that differ as they lie on the disk; null where none
    differ or git can't tell. ``from_wheel``: the commit is the one that an installed wheel was
    built from.
    """

    state: GitStatus
    commit: str | None
    tree: str | None
    dirty_tree: str | None
    shallow: bool
    from_wheel: bool


@dataclass(frozen=True, slots=True)
class RunError:
    """What ended a failed run: the exception's type and message."""

    type: str
    message: str


@dataclass(frozen=True, slots=True)
class Run:
    """What differs between two honest executions of one claim."""

    id: str
    started_at: str
    ended_at: str
    duration_ms: int
    trigger: Trigger
    parents: tuple[Digest, ...]
    code: GitState
    workspace: GitState
    error: RunError | None


@dataclass(frozen=True)
class Receipt:
    """A claim and the run that made it."""

    claim: Claim
    run: Run

    @cached_property
    def content(self) -> bytes:
        """The bytes of the receipt's object: canonical JSON and a newline."""
        value = {"format": FORMAT, "claim": to_json(self.claim), "run": to_json(self.run)}
        return dumps(value) + b"\n"

    @cached_property
    def digest(self) -> Digest:
        """The receipt's name: the digest of its bytes."""
        return digest_bytes(self.content)

    @cached_property
    def claim_digest(self) -> Digest:
        """What two people compare: the digest of the claim's canonical bytes."""
        text = self.content.decode("utf-8")  # a look for the claim's end costs a tenth of dumps
        begin = len('{"claim":')
        _, end = JSONDecoder().raw_decode(text, begin)
        return digest_bytes(text[begin:end].encode())

    @property
    def slot(self) -> str:
        """Where the stage writes, as 64 hexadecimal digits."""
        return slot_of(self.claim.targets)

    @property
    def passed(self) -> bool:
        """Whether the run kept its contract."""
        return self.claim.validation.status == "passed"


def to_json(value: object) -> Json:
    """Return the JSON of a receipt's part; digests become their hexadecimal digits.

    Raises:
        ContractError: the value is none that a receipt holds.
    """
    if isinstance(value, Hex256):
        return value.hex
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: to_json(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): to_json(item) for key, item in value.items()}
    if isinstance(value, tuple | list):
        return [to_json(item) for item in value]
    if value is None or isinstance(value, bool | int | str):
        return value
    raise ContractError(f"a receipt can't hold a {type(value).__name__}", "use JSON values")
