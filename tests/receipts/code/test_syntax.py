"""The digest of a source file is over what runs, whatever Python reads it."""

import ast
import sys
from pathlib import Path
from typing import Any

import pytest

from distill.receipts.code.syntax import _Writer, read_source
from distill.receipts.digest import digest_bytes

SOURCE = b"""
import os.path as p
from . import q


@q.mark(1, k=None)
class A(B, metaclass=M):
    x: int = 0x10
    y: "str"


async def f(a, /, b=1, *c, d, e=..., **g) -> None:
    async with a as (h, *i), b:
        yield lambda: (j for j in c if j async for k in j)
    try:
        raise E from None
    except* (E, F) as error:
        del a[1:2, ::3], b.c
    finally:
        return await f"{a!r:>{b}} {{}} {'c'}" or {**d, 1: 2} | {3} if not a else -1.5e300


match a:
    case {"k": [1, *_], **r} | C(1, x=None) if (n := 1j) < 2 <= 3:
        global z
    case _:
        while True:
            z += 10**20; assert z, b"\\xff"; continue
        else:
            pass
"""
#: What Python 3.11 makes of it, and every later one must.
DIGEST = "0ba5233c2cff60bb09dd6c8bef768d2b167737556eeb1200881c4856a99e0509"


def test_every_python_gives_the_same_digest() -> None:
    """A receipt that one version of Python left names the code to another."""
    assert read_source(SOURCE).digest.hex == DIGEST


@pytest.mark.skipif(sys.version_info[:2] != (3, 11), reason="the form is that of Python 3.11")
def test_the_tree_is_written_as_python_3_11_does(repository: Path) -> None:
    """What is digested is `ast.dump`, as the page on receipts says."""
    for path in (repository / "distill").rglob("*.py"):
        content = path.read_bytes() + b"\n'no docstring is left out: __doc__'\n"
        assert read_source(content).digest == digest_bytes(ast.dump(ast.parse(content)).encode())


@pytest.mark.parametrize(
    "place",
    [
        "{}",
        "if a:\n    {}",
        "if a:\n    pass\nelse:\n    {}",
        "for a in b:\n    {}\nelse:\n    pass",
        "try:\n    {}\nexcept E:\n    pass",
        "try:\n    pass\nexcept E:\n    {}",
        "try:\n    pass\nfinally:\n    {}",
        "try:\n    pass\nexcept* E:\n    {}",
        "with a:\n    {}",
        "match a:\n    case 1:\n        {}",
        "class A:\n    {}",
        "async def g():\n    {}",
    ],
)
def test_a_docstring_counts_nowhere(place: str) -> None:
    """Not even one of what is defined inside of a statement."""
    told, untold = "def f(): 'what it does'; return 1", "def f(): return 1"
    with_it, without = (read_source(place.format(one).encode()) for one in (told, untold))
    assert with_it.digest == without.digest


def test_a_later_version_writes_type_parameters_only_where_there_are_some() -> None:
    """A function without them has one digest in Python 3.11 and in 3.12."""
    function: Any = ast.parse("def f(): pass").body[0]
    before = _Writer().written(function)
    function._fields = (*function._fields, "type_params")
    function.type_params = []
    assert _Writer().written(function) == before
