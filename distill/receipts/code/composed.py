"""What a stage function is made of that its own module may not import: wrappers, and a closure.

A decorator's inner function runs with the code of the decorator's module, and a function that
another one makes runs with what it closes over. Of that modules count, those of functions, of
classes and of the classes of objects, and values that nothing can change. What a list, a mapping or
an object holds does not.

Each must stand in its module's file: a function that ``exec`` made of another text is refused.
"""

import os
import sys
from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from enum import Enum
from inspect import getattr_static
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Final, NamedTuple

from distill.errors import CodeStateError
from distill.receipts.code.modules import Module, file_of, is_installed, loaded_module

#: How a claim names what a function closes over, beside its parameters; no parameter can.
CLOSED_OVER: Final = "<closure>"
_VALUES: Final = (str, int, float, bool, type(None), Enum, date, Decimal)


class Composition(NamedTuple):
    """The other modules whose code runs in a function, and the values that it closes over."""

    modules: tuple[Module, ...]
    values: Mapping[str, object]

    @property
    def beside(self) -> Mapping[str, object]:
        """The values as parameters of the claim."""
        return {CLOSED_OVER: dict(self.values)} if self.values else {}


def composition_of(functions: Iterable[object]) -> Composition:
    """Return what functions are made of, wrappers and closures followed.

    Raises:
        CodeStateError: the code of one does not stand in the file of its module.
    """
    waiting, seen = list(functions), set[int]()
    modules: dict[Module, None] = {}
    values: dict[str, object] = {}
    while waiting:
        one = waiting.pop()
        if id(one) in seen:
            continue
        seen.add(id(one))
        if isinstance(one, ModuleType):
            modules |= _modules(one.__name__, getattr(one, "__file__", None))
        elif isinstance(one, type):
            loaded = sys.modules.get(one.__module__)
            modules |= _modules(one.__module__, getattr(loaded, "__file__", None))
        elif not isinstance(one, FunctionType):
            waiting += [type(one), getattr_static(one, "__wrapped__", None)]
        if not isinstance(one, FunctionType):
            continue
        modules |= _modules_of(one)
        waiting.append(getattr(one, "__wrapped__", None))
        for name, value in _closed_over(one):
            if _is_value(value):
                values[_free(name, values)] = value
            else:
                waiting.append(value)
    return Composition(tuple(modules), values)


def _closed_over(function: FunctionType) -> Iterable[tuple[str, object]]:
    """Yield what a function closes over, but for what it sets itself: a counter."""
    if not function.__closure__:
        return
    import dis  # noqa: PLC0415 - few stages close over anything

    stored = {i.argval for i in dis.get_instructions(function) if i.opname == "STORE_DEREF"}
    for name, cell in zip(function.__code__.co_freevars, function.__closure__, strict=True):
        try:
            value = cell.cell_contents
        except ValueError:  # not bound yet
            continue
        if name not in stored:
            yield name, value


def _free(name: str, taken: Mapping[str, object]) -> str:
    """Return a name for a value: two functions may close over two of one name."""
    names = (name, *(f"{name} {number}" for number in range(2, len(taken) + 2)))
    return next(one for one in names if one not in taken)


def _is_value(value: object) -> bool:
    if isinstance(value, tuple | frozenset):
        return all(map(_is_value, value))
    return isinstance(value, _VALUES)


def _modules_of(function: FunctionType) -> dict[Module, None]:
    """Return the module that a function's code stands in, none if it is no first-party one.

    Raises:
        CodeStateError: the code does not stand in the file of its module.
    """
    name = function.__globals__.get("__name__", "")
    file, written = file_of(function), function.__code__.co_filename
    found = _modules(name, file or written)
    if found and not _stands_in(function, file):
        raise CodeStateError(
            f"the code of {function.__qualname__} stands in {written}, which is not the file of "
            f"its module ({name or 'it has none'})",
            "define the function (def) in a .py file and import it from there; code that exec or "
            "eval makes of a text is not in the key",
        )
    return found if file or os.path.isfile(written) else {}  # noqa: PTH113 - a text


def _stands_in(function: FunctionType, file: str | None) -> bool:
    """Whether a function's code stands in a file: the one of its module, or any if it has none.

    A library that makes a wrapper as a text says so by a name in angle brackets and by
    ``__wrapped__``. What was compiled or archived counts by its bytes, and names files of another
    machine.
    """
    written = function.__code__.co_filename
    if written == file:
        return True
    if written.startswith("<") and written != "<string>" and hasattr(function, "__wrapped__"):
        return True
    if file is None:
        return os.path.isfile(written)  # noqa: PTH113 - a text
    if file.endswith(".pyc") or not os.path.isfile(file):  # noqa: PTH113
        return True
    return os.path.realpath(written) == os.path.realpath(file)


def _modules(name: str, file: str | None) -> dict[Module, None]:
    if file is None or is_installed(Path(file).resolve().parent):
        return {}
    return {loaded_module(name, Path(file).resolve(), file): None}
