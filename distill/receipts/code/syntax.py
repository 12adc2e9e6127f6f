"""One source file read as syntax: its digest, what it imports, which data it opens.

The digest is over the syntax tree without positions, comments, blank lines and docstrings, so that
only what runs counts. Docstrings count where the file itself speaks of ``__doc__``. The tree is
written as Python 3.11's ``ast.dump`` writes it, by every Python: a receipt of one version can be
run again by another.
"""

import ast
from collections.abc import Sequence
from functools import lru_cache

from distill.receipts.code.reached import Reached, exports_of
from distill.receipts.code.source import Source
from distill.receipts.digest import digest_bytes

#: Where statements lie in a statement.
_BLOCKS = ("body", "orelse", "handlers", "finalbody", "cases")
_DOCUMENTED = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
_FOUND = frozenset([ast.Import, ast.ImportFrom, ast.Call, ast.Attribute])


@lru_cache(maxsize=4096)
def read_source(content: bytes) -> Source:
    """Return what a source file says; one that does not parse counts byte for byte.

    Law: a comment, a blank line or a docstring changes nothing; a constant does.
    """
    try:
        tree = ast.parse(content)
    except (SyntaxError, ValueError):
        return Source(digest_bytes(content), (), (), is_lazy=False)
    is_lazy = any(isinstance(n, ast.FunctionDef) and n.name == "__getattr__" for n in tree.body)
    if b"__doc__" not in content:
        _strip_docstrings(tree)
    writer = _Writer()
    digest = digest_bytes(writer.written(tree).encode("utf-8", "surrogatepass"))
    reached = Reached.by(writer.running)
    resources = reached.resources if b"resources" in content or b"pkgutil" in content else ()
    return Source(digest, reached.imports, resources, is_lazy, exports_of(tree))


def units_of(content: bytes) -> dict[str, str]:
    """Return the functions of a file, methods as ``Class.name``, each as text of its syntax.

    ``(module)`` and ``Class`` hold what stands outside of functions.

    Raises:
        SyntaxError: the file does not parse.
    """
    tree = ast.parse(content)
    if b"__doc__" not in content:
        _strip_docstrings(tree)
    units: dict[str, str] = {}
    classes = [node for node in tree.body if isinstance(node, ast.ClassDef)]
    for one in classes:
        units |= _units_in(one.body, f"{one.name}.", one.name)
        heads = [*one.bases, *one.keywords, *one.decorator_list]
        units[one.name] += _Writer().written(heads)
    return units | _units_in([node for node in tree.body if node not in classes], "", "(module)")


def _units_in(body: list[ast.stmt], prefix: str, rest: str) -> dict[str, str]:
    units = {rest: ""}
    for node in body:
        name = rest
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            name = prefix + node.name
        # A name that is bound twice (an overload, a property's setter) is one unit.
        units[name] = units.get(name, "") + _Writer().written(node)
    return units


class _Writer:
    """Writes parts of a tree as text, and finds the imports and calls among them that can run.

    Those in the bodies of ``if TYPE_CHECKING`` can't. There are thousands of nodes in a file, so
    the kinds that most of them are have a line of their own.
    """

    def __init__(self) -> None:
        self.running: list[ast.AST] = []
        self._hidden = 0

    def written(self, part: object) -> str:
        """Return a part of a tree as text: a node, a list or a value.

        A field that only newer versions know is left out where it is empty.
        """
        if isinstance(part, ast.Name):
            return f"Name(id={part.id!r}, ctx={type(part.ctx).__name__}())"
        if isinstance(part, list):
            return f"[{', '.join([self.written(one) for one in part])}]"
        if not isinstance(part, ast.AST):
            return repr(part)
        kind = type(part)
        if kind in _FOUND and not self._hidden:
            self.running.append(part)
        if isinstance(part, ast.If) and _is_type_checking(part.test):
            self._hidden += 1
            told = [self._fields(part, ("test", "body"))]
            self._hidden -= 1
            told.append(self._fields(part, ("orelse",)))
            return f"If({', '.join(told)})"
        return f"{kind.__name__}({self._fields(part, part._fields)})"

    def _fields(self, node: ast.AST, names: Sequence[str]) -> str:
        told = []
        for name in names:
            value = getattr(node, name, None)
            if isinstance(value, str):
                told.append(f"{name}={value!r}")
            elif value or not _is_left_out(type(node), name, value):
                told.append(f"{name}={self.written(value)}")
        return ", ".join(told)


def _is_left_out(kind: type[ast.AST], name: str, value: object) -> bool:
    """Whether a field with an empty value is not written."""
    is_optional = getattr(kind, name, ...) is None
    return (value is None and is_optional) or name == "type_params"


def _is_type_checking(test: ast.expr) -> bool:
    if isinstance(test, ast.Attribute):
        return test.attr == "TYPE_CHECKING"
    return isinstance(test, ast.Name) and test.id == "TYPE_CHECKING"


def _strip_docstrings(node: ast.AST) -> None:
    """Take the docstrings out of a module and what it defines."""
    for name in _BLOCKS:
        for one in getattr(node, name, ()):
            _strip_docstrings(one)
    if not isinstance(node, _DOCUMENTED):
        return
    first = node.body[0] if node.body else None
    if (
        isinstance(first, ast.Expr)
        and isinstance(first.value, ast.Constant)
        and isinstance(first.value.value, str)
    ):
        node.body = node.body[1:]
