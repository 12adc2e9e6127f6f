"""The process that runs a recorded stage again: started as a script, in a folder made for it.

``request.json`` in the folder says what to run; ``answer.json`` says how far it came. It imports
the standard library, and of the engine at the recorded commit `distill.receipts.reproduce.surface`
alone. A stage that raises ends this process as it would end any other.
"""

import importlib
import importlib.util
import inspect
import json
import sys
import typing
from pathlib import Path
from types import ModuleType
from typing import Any

_SURFACE = "distill.receipts.reproduce.surface"


def main(folder: Path) -> None:
    """Run what the request asks for; leave an answer whatever comes."""
    request = json.loads((folder / "request.json").read_text(encoding="utf-8"))
    answer = folder / "answer.json"

    def tell(end: str, **more: Any) -> None:
        answer.write_text(json.dumps({"end": end, **more}), encoding="utf-8")

    tell("import")
    module = importlib.import_module(request["module"])
    stage = _stage(module, request["qualname"], request["stage"])
    if stage is None:
        return tell("no stage")
    tell("engine")
    surface = importlib.import_module(_SURFACE)
    function = inspect.unwrap(stage)
    found = surface.look(function)
    ignored = set(request["ignored_files"])
    if {k: v for k, v in found["files"].items() if k not in ignored} != request["files"]:
        return tell("code", **found)
    restoring = _beside("restoring")
    try:
        bound = _Arguments(stage, request, restoring.Restorer(surface.record)).bound()
    except restoring.UnfitError as error:
        return tell("arguments", message=str(error), **found)
    tell("run", **found)
    content = surface.run(stage, bound.args, bound.kwargs)
    (folder / "receipt").write_bytes(content)
    return tell("done", **found)


class _Arguments:
    """The arguments of the recorded call, in the order and the places of the signature.

    A stage may be called in another way than the function that it is made of.
    """

    def __init__(self, stage: Any, request: dict[str, Any], restorer: Any) -> None:
        self._signature = inspect.signature(stage)
        self._hints = _hints_of(inspect.unwrap(stage), self._signature)
        self._request = request
        self._restorer = restorer

    def bound(self) -> inspect.BoundArguments:
        values: dict[str, Any] = {}
        for name, parameter in self._signature.parameters.items():
            self._put(values, name, parameter)
        return inspect.BoundArguments(self._signature, values)

    def _put(self, values: dict[str, Any], name: str, parameter: inspect.Parameter) -> None:
        request, hint = self._request, self._hints[name]
        if name in request["parameters"]:
            values[name] = self._parameter(name, parameter.kind, hint)
        elif name in request["targets"]:
            values[name] = Path(request["targets"][name])
        elif name in request["inputs"]:
            paths = [Path(one) for one in request["inputs"][name]]
            values[name] = paths if _is_many(hint) or len(paths) > 1 else paths[0]
        elif parameter.default is not inspect.Parameter.empty:
            return
        elif "Ignored" in _marks(hint):
            message = f"the argument {name} is not recorded (Ignored) and has no default"
            raise _beside("restoring").UnfitError(message)
        else:  # files that the call named none of
            values[name] = [] if _is_many(hint) else None

    def _parameter(self, name: str, kind: Any, hint: Any) -> Any:
        if kind is inspect.Parameter.VAR_POSITIONAL:
            hint = tuple[hint, ...]
        elif kind is inspect.Parameter.VAR_KEYWORD:
            hint = dict[str, hint]
        return self._restorer.restore(self._request["parameters"][name], hint, name)


def _stage(module: ModuleType, qualname: str, name: str) -> Any:
    """Return the stage by its function's name, or the one in the module that wraps the function."""
    owner: Any = module
    *way, last = qualname.split(".")
    for step in way:
        owner = getattr(owner, step, None)
    for value in (getattr(owner, last, None), *vars(owner or module).values()):
        stage = _unwrapped(value)
        is_named = stage is not None and stage.stage == name
        if is_named and inspect.unwrap(stage).__qualname__ == qualname:
            return stage
    return None


def _unwrapped(value: Any) -> Any:
    """Return the stage in what may be a task around it, null where there is none."""
    for _ in range(9):
        if isinstance(getattr(value, "stage", None), str) and hasattr(value, "version"):
            return value
        value = getattr(value, "__wrapped__", None) or getattr(value, "fn", None)
    return None


def _hints_of(function: Any, signature: inspect.Signature) -> dict[str, Any]:
    """Return each parameter's annotation; one that can't be read alone counts as none."""
    try:
        found = typing.get_type_hints(function, include_extras=True)
    except (NameError, TypeError, AttributeError):
        found = {}
    hints: dict[str, Any] = {}
    for name, parameter in signature.parameters.items():
        hint = found.get(name, parameter.annotation)
        if isinstance(hint, str):
            try:
                hint = eval(hint, function.__globals__)  # noqa: S307 - the stage's own source
            except (NameError, AttributeError, TypeError, SyntaxError):
                hint = inspect.Parameter.empty
        hints[name] = hint
    return hints


def _marks(hint: Any) -> set[str]:
    """Return the names of the marks in an annotation: Input, Output, OutputTree, Ignored."""
    found: set[str] = set()
    for mark in getattr(hint, "__metadata__", ()):
        found.add((mark if isinstance(mark, type) else type(mark)).__name__)
    for inner in typing.get_args(hint):
        found |= _marks(inner)
    return found


def _is_many(hint: Any) -> bool:
    """Whether an input's annotation is one of several files: a sequence of paths."""
    base = typing.get_args(hint)[0] if hasattr(hint, "__metadata__") else hint
    arguments = typing.get_args(base)
    if any("Input" in _marks(one) for one in arguments):  # InFiles | None
        return any(_is_many(one) for one in arguments)
    return bool(arguments)


def _beside(name: str) -> ModuleType:
    """Return a module of this file's folder, whatever the path of imports holds."""
    full = f"_distill_{name}"
    if full not in sys.modules:
        spec = importlib.util.spec_from_file_location(full, Path(__file__).with_name(f"{name}.py"))
        if spec is None or spec.loader is None:
            raise ImportError(name)
        module = importlib.util.module_from_spec(spec)
        sys.modules[full] = module
        spec.loader.exec_module(module)
    return sys.modules[full]


if __name__ == "__main__":
    main(Path(sys.argv[1]))
