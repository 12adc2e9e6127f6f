"""The receipt format as pydantic models: the writer's last gate, and what is published of it.

Only the writer imports this, when it has a receipt to write. Everything else reads with
`distill.receipts.reader`; a test holds the two equal.
"""

from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    RootModel,
    WithJsonSchema,
    model_validator,
)

from distill.receipts.canonical import MAX_INTEGER
from distill.receipts.paths import MAX_PATH, fault_in
from distill.receipts.receipt import GitStatus, Receipt, Status, TriggerKind
from distill.receipts.strict import is_instant
from distill.receipts.targets import TargetKind


def _recorded(path: str) -> str:
    fault = fault_in(path)
    if fault is not None:
        raise ValueError(fault)
    return path


def _code_file(name: str) -> str:
    return _recorded(name.removesuffix("/")) and name


def _instant(text: str) -> str:
    if not is_instant(text):
        message = "no moment of the calendar"
        raise ValueError(message)
    return text


# Lengths stand beside patterns, since in some engines `$` also matches before a last newline.
PATH_PATTERN = (
    r"^(?:[A-Za-z0-9][A-Za-z0-9_-]*:|(?![^/]*:))(?!(?:.*/)?\.{0,2}(?:/|$))"
    r"[^\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufffd\\]+$"
)

Count = Annotated[int, Field(ge=0, le=MAX_INTEGER)]
Hex256 = Annotated[str, Field(pattern="^[0-9a-f]{64}$", max_length=64)]
GitObject = Annotated[str, Field(pattern="^[0-9a-f]{40}([0-9a-f]{24})?$", max_length=64)]
FunctionName = Annotated[str, Field(pattern=r"^[^\x00-\x1f]+:[^:\x00-\x1f]+$")]
StageName = Annotated[str, Field(pattern="^[A-Za-z0-9][A-Za-z0-9_.-]{0,99}$", max_length=100)]
RunId = StageName
RecordedPath = Annotated[
    str,
    AfterValidator(_recorded),
    WithJsonSchema({"type": "string", "maxLength": MAX_PATH, "pattern": PATH_PATTERN}),
]
CodeFile = Annotated[str, AfterValidator(_code_file)]
Instant = Annotated[
    str,
    Field(
        pattern=r"^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])"
        r"T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]\.[0-9]{3}Z$",
        max_length=24,
    ),
    AfterValidator(_instant),
]


class Counts(RootModel[dict[str, "Count | Counts"]]):
    """Counts by name, nested freely."""

    model_config = ConfigDict(frozen=True, strict=True)


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class FileModel(_Part):
    """One file that was read or written."""

    role: str
    path: RecordedPath
    bytes: Count
    blake3: Hex256
    sha256: Hex256
    records: Count | None
    root: Hex256 | None

    @model_validator(mode="after")
    def _records_with_root(self) -> "FileModel":
        if (self.records is None) != (self.root is None):
            message = "only one of records and root"
            raise ValueError(message)
        return self


class TargetModel(_Part):
    """Where the stage was told to write."""

    role: str
    path: RecordedPath
    kind: TargetKind


class CodeModel(_Part):
    """The code that ran."""

    digest: Hex256
    files: dict[CodeFile, Hex256]
    function: FunctionName


class EnvironmentModel(_Part):
    """Python's minor version and the distributions reached."""

    python: str
    distributions: dict[str, str]


class ParentModel(_Part):
    """The claim that made one or more of the inputs."""

    stage: StageName
    claim: Hex256


class LawModel(_Part):
    """A balance: both sides have the same sum."""

    name: str
    unit: str
    left: dict[str, Count]
    right: dict[str, Count]
    source: str | None


class CheckModel(_Part):
    """One check of the stage."""

    name: str
    passed: bool
    detail: str


class ValidationModel(_Part):
    """Whether the stage kept its contract."""

    status: Status
    checks: list[CheckModel]


class ClaimModel(_Part):
    """What anyone who runs the stage again must get."""

    stage: StageName
    version: Count
    key: Hex256
    code: CodeModel
    environment: EnvironmentModel
    parameters: dict[str, Any]
    targets: list[TargetModel]
    inputs: list[FileModel]
    outputs: list[FileModel]
    parents: list[ParentModel]
    counts: Counts
    laws: list[LawModel]
    validation: ValidationModel
    notes: dict[str, Any]

    @model_validator(mode="after")
    def _outputs_apart(self) -> "ClaimModel":
        if len({entry.path for entry in self.outputs}) != len(self.outputs):
            message = "two outputs have one path"
            raise ValueError(message)
        return self


class TriggerModel(_Part):
    """Who started the run."""

    kind: TriggerKind
    id: str | None


class GitModel(_Part):
    """The git state of a folder."""

    state: GitStatus
    commit: GitObject | None
    tree: GitObject | None
    dirty_tree: GitObject | None
    shallow: bool
    from_wheel: bool


class ErrorModel(_Part):
    """What ended a failed run."""

    type: str
    message: str


class RunModel(_Part):
    """What differs between two executions of one claim."""

    id: RunId
    started_at: Instant
    ended_at: Instant
    duration_ms: Count
    trigger: TriggerModel
    parents: list[Hex256]
    code: GitModel
    workspace: GitModel
    error: ErrorModel | None


class ReceiptModel(_Part):
    """A whole receipt."""

    format: Literal["distill.receipt/1"]
    claim: ClaimModel
    run: RunModel


def validate(receipt: Receipt) -> None:
    """Refuse a receipt that the published schema refuses.

    Raises:
        pydantic.ValidationError: the receipt is not of the format; a defect of the writer.
    """
    ReceiptModel.model_validate_json(receipt.content)
