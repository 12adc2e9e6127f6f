"""Which functions changed: held against the code that ran, as it was kept."""

from collections.abc import Callable
from pathlib import Path

import pytest

from distill.receipts import Workspace
from distill.receipts.code.kept_code import changed_functions, keep_code
from distill.receipts.code.syntax import read_source
from distill.receipts.outcome import Difference

Put = Callable[[str, str], Path]

CODE = """
import json

LIMIT = 3

def one():
    return 1

def two():
    return 2

class Reader(dict):
    kind = "a"

    def read(self):
        return LIMIT

    @property
    def size(self):
        return 1

    @size.setter
    def size(self, value):
        pass
"""

EDITS = {
    "a function": (CODE.replace("return 1\n\ndef two", "return 9\n\ndef two"), ("one",)),
    "a constant": (CODE.replace("LIMIT = 3", "LIMIT = 4"), ("(module)",)),
    "a method": (CODE.replace("return LIMIT", "return 5"), ("Reader.read",)),
    "a setter": (CODE.replace("pass", "raise ValueError"), ("Reader.size",)),
    "a base": (CODE.replace("(dict)", "(list)"), ("Reader",)),
    "an attribute": (CODE.replace('kind = "a"', 'kind = "b"'), ("Reader",)),
    "a new one": (CODE + "\ndef three():\n    return 3\n", ("three",)),
    "one that goes": (CODE.replace("def two():\n    return 2\n", ""), ("two",)),
    "two": (CODE.replace("return 2", "return 7").replace("= 3", "= 4"), ("(module)", "two")),
}


def difference(workspace: Workspace, put: Put, text: str) -> Difference:
    """Keep the code as it ran, edit it, and return how it differs."""
    file = put("helper.py", CODE)
    old = read_source(file.read_bytes()).digest
    keep_code(workspace, [("helper", str(file), old)])
    file.write_text(text)
    new = read_source(file.read_bytes()).digest
    return Difference("code:helper.py", str(old), str(new), str(file))


@pytest.mark.parametrize("edit", EDITS)
def test_the_functions_that_changed_are_named(workspace: Workspace, put: Put, edit: str) -> None:
    """Methods with their class, the rest as the module; a comment or a docstring is nothing."""
    text, names = EDITS[edit]
    commented = text.replace("def two():", 'def two():  # why\n    """Two."""')
    assert changed_functions(workspace, difference(workspace, put, text)) == names
    assert changed_functions(workspace, difference(workspace, put, commented)) == names


@pytest.mark.parametrize("trouble", ["not kept", "damaged", "edited since", "no syntax", "gone"])
def test_what_cant_be_told_is_not_told(workspace: Workspace, put: Put, trouble: str) -> None:
    """Then the file alone is named; nothing is an error, and nothing is made up."""
    found = difference(workspace, put, CODE.replace("return 2", "return 7"))
    (kept,) = (workspace.root / ".distill/code").iterdir()
    file = workspace.root / "helper.py"
    if trouble == "not kept":
        kept.unlink()
    elif trouble == "damaged":
        kept.write_text(CODE.replace("return 1", "return 9"))
    elif trouble == "edited since":
        file.write_text(CODE)
    elif trouble == "no syntax":
        found = difference(workspace, put, "def")
    else:
        file.unlink()
    assert changed_functions(workspace, found) == ()
