"""What the imports and calls of a syntax tree reach: modules, and packages whose data they open."""

import ast
import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from distill.receipts.code.source import ImportName

#: Whatever object they are called of; the other ways to open data only as what they are.
_OPENS_DATA: Final = frozenset(["files", "get_data"])  # importlib.resources, pkgutil
_RESOURCES: Final = ("importlib.resources.", "importlib_resources.")
_OWN_PACKAGE: Final = frozenset(["__package__", "__name__", "__spec__.parent"])
_IMPORTS: Final = frozenset(["import_module", "__import__", "run_module"])
_NAMED: Final = frozenset(["name", "mod_name", "package", "anchor"])


class Reached(NamedTuple):
    """What some nodes of a tree reach.

    A package of ``resources`` is relative if it begins with dots; empty, it is the file's own.
    """

    imports: tuple[ImportName, ...]
    resources: tuple[str, ...]

    @classmethod
    def by(cls, nodes: Sequence[ast.AST]) -> "Reached":
        """Return what imports, calls and attributes reach."""
        bound = _bound(nodes)
        imports = dict.fromkeys(name for node in nodes for name in _imports(node, bound))
        resources = dict.fromkeys(name for node in nodes for name in _resources(node, bound))
        return cls(tuple(imports), tuple(resources))


def exports_of(tree: ast.Module) -> tuple[str, ...]:
    """Return the texts that a module's ``__all__`` is made of, as far as they stand there."""
    told = (statement for statement in tree.body if _tells_all(statement))
    texts = (n.value for s in told for n in ast.walk(s) if isinstance(n, ast.Constant))
    return tuple(dict.fromkeys(text for text in texts if isinstance(text, str)))


def _tells_all(statement: ast.stmt) -> bool:
    kinds = (ast.Assign, ast.AnnAssign, ast.AugAssign, ast.Expr)
    return isinstance(statement, kinds) and any(
        isinstance(node, ast.Name) and node.id == "__all__" for node in ast.walk(statement)
    )


def _bound(nodes: Sequence[ast.AST]) -> Mapping[str, str]:
    """Return what the names stand for that imports bind; what is relative begins with dots."""
    bound: dict[str, str] = {}
    for node in nodes:
        if isinstance(node, ast.Import):
            for one in node.names:
                top = one.name.partition(".")[0]
                bound[one.asname or top] = one.name if one.asname else top
        elif isinstance(node, ast.ImportFrom):
            place = "." * node.level + (f"{node.module}." if node.module else "")
            bound |= {one.asname or one.name: f"{place}{one.name}" for one in node.names}
    return bound


def _imports(node: ast.AST, bound: Mapping[str, str]) -> Iterator[ImportName]:
    if isinstance(node, ast.Import):
        for alias in node.names:
            yield ImportName(0, alias.name, "")
    elif isinstance(node, ast.ImportFrom):
        for alias in node.names:
            yield ImportName(node.level, node.module or "", alias.name)
    elif isinstance(node, ast.Attribute):
        yield from _through_package(node, bound)
    elif isinstance(node, ast.Call):
        called = _dotted(node.func, bound) or ""
        text = _text_argument(node) if called.rpartition(".")[2] in _IMPORTS else None
        if text is not None:
            yield _relative(text)


def _through_package(node: ast.Attribute, bound: Mapping[str, str]) -> Iterator[ImportName]:
    """Yield what ``package.module`` reaches, which somebody else may have imported.

    Modules have names in small letters.
    """
    if not node.attr.islower():
        return
    dotted = _dotted(node.value, bound)
    root = _root(node)
    if dotted is None or root not in bound or not dotted.rpartition(".")[2].islower():
        return
    if dotted.partition(".")[0] not in sys.stdlib_module_names:
        found = _relative(dotted)
        yield ImportName(found.level, found.module, node.attr)


def _resources(node: ast.AST, bound: Mapping[str, str]) -> Iterator[str]:
    if not isinstance(node, ast.Call):
        return
    called = _dotted(node.func, bound) or _last(node.func)
    if called.rpartition(".")[2] not in _OPENS_DATA and not called.startswith(_RESOURCES):
        return
    text = _text_argument(node)
    first = _first_argument(node)
    if text is not None:
        yield text
    elif first is None:
        yield ""
    elif isinstance(first, ast.Name | ast.Attribute):
        dotted = _dotted(first, bound) or ""
        known = dotted if _root(first) in bound or isinstance(first, ast.Name) else ""
        yield "" if dotted in _OWN_PACKAGE else known


def _relative(name: str) -> ImportName:
    bare = name.lstrip(".")
    return ImportName(len(name) - len(bare), bare, "")


def _dotted(node: ast.expr, bound: Mapping[str, str]) -> str | None:
    """Return a name with its attributes as text, the first as what it stands for."""
    if isinstance(node, ast.Name):
        return bound.get(node.id, node.id)
    if isinstance(node, ast.Attribute):
        above = _dotted(node.value, bound)
        return None if above is None else f"{above}.{node.attr}"
    return None


def _root(node: ast.expr) -> str:
    while isinstance(node, ast.Attribute):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""


def _last(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else ""


def _first_argument(node: ast.Call) -> ast.expr | None:
    named = (one.value for one in node.keywords if one.arg in _NAMED)
    return node.args[0] if node.args else next(named, None)


def _text_argument(node: ast.Call) -> str | None:
    first = _first_argument(node)
    if isinstance(first, ast.Constant) and isinstance(first.value, str):
        return first.value
    return None
