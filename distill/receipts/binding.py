"""Binding a call to a stage's signature: which arguments are inputs, outputs and parameters."""

import inspect
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple, get_args, get_origin

from distill.errors import ConfigurationError, ContractError
from distill.receipts.annotations import Ignored, Input, Output, OutputTree
from distill.receipts.code.composed import composition_of
from distill.receipts.credentials import refuse_secret_annotation
from distill.receipts.look import shared_paths
from distill.receipts.real_paths import RealPaths
from distill.receipts.targets import Target, slot_of
from distill.receipts.workspace import Workspace

Role = Literal["input", "file", "tree", "ignored", "parameter"]
_ROLES: dict[type, Role] = {
    Input: "input",
    Output: "file",
    OutputTree: "tree",
    Ignored: "ignored",
}


class InputFile(NamedTuple):
    """One file that a call reads."""

    role: str
    recorded: str
    place: Path


@dataclass(frozen=True)
class Call:
    """One call of a stage, sorted by what its arguments mean."""

    arguments: inspect.BoundArguments
    inputs: tuple[InputFile, ...]
    targets: tuple[Target, ...]
    parameters: Mapping[str, object]

    @cached_property
    def slot(self) -> str:
        """The name of the places that the call writes to together."""
        return slot_of(self.targets)

    def with_outputs(self, partials: Mapping[str, Path]) -> inspect.BoundArguments:
        """Return the arguments with the outputs' temporary paths in place of the final ones."""
        bound = inspect.BoundArguments(self.arguments.signature, self.arguments.arguments.copy())
        bound.arguments.update(partials)
        return bound


@dataclass(frozen=True)
class Binding:
    """A stage function's signature, and the role of each of its parameters.

    ``beside`` are parameters of the claim that no argument of the call is.
    """

    name: str
    signature: inspect.Signature
    roles: Mapping[str, Role]
    beside: Mapping[str, object] = field(default_factory=dict)

    @classmethod
    def of(cls, function: Callable[..., object]) -> "Binding":
        """Read the signature of a stage function.

        Raises:
            ContractError: it declares no output, or a secret as a parameter.
        """
        signature = inspect.signature(function)
        roles = roles_of(function, signature.parameters.values())
        if not {"file", "tree"} & set(roles.values()):
            raise ContractError(
                f"the stage {function.__qualname__} declares no output",
                "annotate a parameter with OutFile or OutDir (importable where it is defined)",
            )
        return cls(function.__qualname__, signature, roles, composition_of([function]).beside)

    def bind(
        self, workspace: Workspace, args: Sequence[object], kwargs: Mapping[str, object]
    ) -> Call:
        """Sort the arguments of one call.

        Raises:
            ConfigurationError: a path lies outside of workspace and roots, or is a URL.
            ContractError: an argument is not what its annotation says.
            TypeError: the arguments don't fit the signature, which is told.
        """
        try:
            bound = self.signature.bind(*args, **kwargs)
        except TypeError as error:
            message = f"{error}; call it as {self.name}{self._shown()}"
            raise TypeError(message) from error
        bound.apply_defaults()
        inputs: list[InputFile] = []
        targets: list[Target] = []
        parameters: dict[str, object] = dict(self.beside)
        for name, value in bound.arguments.items():
            role = self.roles[name]
            if role == "input":
                bound.arguments[name], found = _inputs(workspace, name, value)
                inputs += found
            elif role in {"file", "tree"}:
                targets += _target(workspace, name, value, "tree" if role == "tree" else "file")
            elif role == "parameter":
                parameters[name] = value
        _refuse_overlap(inputs, targets)
        return Call(bound, tuple(inputs), tuple(targets), parameters)

    def _shown(self) -> inspect.Signature:
        parameters = self.signature.parameters.values()
        return inspect.Signature([one.replace(annotation=one.empty) for one in parameters])


def roles_of(
    function: Callable[..., object], parameters: Iterable[inspect.Parameter]
) -> dict[str, Role]:
    """Return the role of some parameters of a function.

    Raises:
        ContractError: one is declared as a secret.
    """
    roles: dict[str, Role] = {}
    for one in parameters:
        annotation = _annotation(function, one.annotation)
        roles[one.name] = _role(annotation)
        if roles[one.name] == "parameter":
            refuse_secret_annotation(annotation, one.name)
    return roles


def _annotation(function: Callable[..., object], annotation: object) -> object:
    """Return an annotation, evaluated where it is a text; what can't be counts as none."""
    if not isinstance(annotation, str):
        return annotation
    closure = inspect.getclosurevars(function).nonlocals
    try:
        return eval(annotation, function.__globals__, dict(closure))  # noqa: S307 - the stage's own source
    except (NameError, AttributeError, TypeError, SyntaxError):
        return inspect.Parameter.empty


def _role(annotation: object) -> Role:
    if get_origin(annotation) is Annotated:
        for mark in annotation.__metadata__:  # type: ignore[attr-defined]
            kind = mark if isinstance(mark, type) else type(mark)
            if kind in _ROLES:
                return _ROLES[kind]
    for argument in get_args(annotation):  # InFile | None
        role = _role(argument)
        if role != "parameter":
            return role
    return "parameter"


def _inputs(workspace: Workspace, role: str, value: object) -> tuple[object, list[InputFile]]:
    """Return what the function is given, and the files that it stands for."""
    if value is None:
        return None, []
    if isinstance(value, str | Path):
        one = _input(workspace, role, value, shared_paths())
        return one.place, [one]
    if not isinstance(value, Sequence):
        raise ContractError(
            f"the input {role} is a {type(value).__name__}, not paths", "pass a list of paths"
        )
    real = shared_paths()
    found = [_input(workspace, role, item, real) for item in value]
    return tuple(one.place for one in found), found


def _input(workspace: Workspace, role: str, value: Any, real: RealPaths) -> InputFile:
    path = _path(role, value)
    return InputFile(role, workspace.record_path(path, real), workspace.place(path))


def _target(
    workspace: Workspace, role: str, value: object, kind: Literal["file", "tree"]
) -> list[Target]:
    if value is None:
        return []
    recorded = workspace.record_path(_path(role, value))
    place = workspace.resolve(recorded)
    if place.is_symlink():
        raise ContractError(f"the output {role} ({recorded}) is a link", "remove it first")
    if place.exists() and place.is_dir() != (kind == "tree"):
        what = "a file" if kind == "tree" else "a folder"
        raise ContractError(f"the output {role} ({recorded}) is {what}", "move it away first")
    above = next(folder for folder in place.parents if os.path.lexists(folder))
    if not above.is_dir():
        raise ContractError(
            f"the output {role} ({recorded}) can't lie below {above.name}, which is no folder",
            "choose another place",
        )
    return [Target(role, recorded, kind)]


def _path(role: str, value: object) -> str | Path:
    if not isinstance(value, str | Path):
        raise ContractError(
            f"{role} is a {type(value).__name__}, not a path", "pass a Path or its text"
        )
    return value


def _refuse_overlap(inputs: Sequence[InputFile], targets: Sequence[Target]) -> None:
    seen: set[str] = set()
    for target in targets:
        if target.path in seen:
            raise ConfigurationError(f"two outputs have the place {target.path}", "name them apart")
        seen.add(target.path)
        for one in inputs:
            inside = target.kind == "tree" and one.recorded.startswith(f"{target.path}/")
            if one.recorded == target.path or inside:
                raise ConfigurationError(
                    f"the input {one.recorded} lies where the output {target.role} is written",
                    "a stage never writes what it reads: choose another place",
                )
