"""Comparing the code that runs with what a source file gives, whatever lines it stands on."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from types import CodeType, FunctionType, ModuleType


def gives(file: str, before: CodeType | bytes) -> bool:
    """Return whether a source file gives the code of a module, or of another source.

    Comments, and the lines on which code stands, don't count.
    """
    found = _compiled(file)
    code = before if isinstance(before, CodeType) else _compiled(file, before)
    return found is not None and code is not None and _bare(found) == _bare(code)


def gives_functions(file: str, loaded: ModuleType) -> bool:
    """Return whether a source file gives all functions and methods of a module that is loaded."""
    found = _compiled(file)
    if found is None:
        return False
    known = {_bare(one) for one in _nested(found)}
    place = loaded.__file__
    return all(
        _bare(function.__code__) in known
        for function in _functions(vars(loaded).values(), loaded.__name__)
        if function.__code__.co_filename == place
    )


def _compiled(file: str, source: bytes | None = None) -> CodeType | None:
    try:
        source = Path(file).read_bytes() if source is None else source
        return compile(source, file, "exec", dont_inherit=True)
    except (OSError, SyntaxError, ValueError):
        return None


def _bare(code: CodeType) -> CodeType:
    inner = (_bare(one) if isinstance(one, CodeType) else one for one in code.co_consts)
    return code.replace(co_filename="", co_firstlineno=1, co_linetable=b"", co_consts=tuple(inner))


def _nested(code: CodeType) -> Iterator[CodeType]:
    for one in code.co_consts:
        if isinstance(one, CodeType):
            yield one
            yield from _nested(one)


def _functions(values: Iterable[object], module: str) -> Iterator[FunctionType]:
    for value in tuple(values):
        if isinstance(value, type):
            if value.__module__ == module:
                yield from _functions(vars(value).values(), module)
        elif isinstance(value, property):
            yield from _functions((value.fget, value.fset, value.fdel), module)
        else:
            inner = getattr(value, "__func__", value)
            inner = getattr(inner, "__wrapped__", inner)
            if isinstance(inner, FunctionType):
                yield inner
