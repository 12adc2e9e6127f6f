"""What changed between two keys is said by name, so that nobody is told only that something did."""

from typing import Any

import pytest

from distill.receipts.digest import Sha256, digest_bytes
from distill.receipts.key import KeyParts
from distill.receipts.key_changes import changes
from distill.receipts.parameters import record_parameters
from distill.receipts.receipt import Code, Environment, FileEntry


def key(value: object = None, *paths: str) -> KeyParts:
    """Return a key with one parameter, and with inputs of these paths."""
    nothing = digest_bytes(b"")
    sha256 = Sha256(nothing.hex)
    inputs = [FileEntry("logs", path, 0, nothing, sha256, None, None) for path in paths]
    code = Code(nothing, {}, "a:b")
    parameters = record_parameters({"x": value})
    return KeyParts("s", 1, code, Environment("3.11", {}), parameters, inputs)


CHANGED: list[tuple[Any, Any, str]] = [
    (True, 1, "parameter x changed (true → 1, boolean → integer)"),
    (0, False, "parameter x changed (0 → false, integer → boolean)"),
    (1, 1.0, "parameter x changed (1 → 1.0, integer → float)"),
    (1, "1", 'parameter x changed (1 → "1", integer → text)'),
    ({"a": True}, {"a": 1}, "parameter x.a changed (true → 1, boolean → integer)"),
    ([True], [1], "parameter x changed ([true] → [1])"),
    (0.5, 0.7, "parameter x changed (0.5 → 0.7)"),
    (2**60, 2**60 + 1, f"parameter x changed ({2**60} → {2**60 + 1})"),
    (None, 3, "parameter x changed (null → 3)"),
    (1.0, {"float": "1.0"}, 'parameter x changed (1.0 → {"pairs":[["float","1.0"]]})'),
    ({"a": 1}, {"a": 1, "b": 2}, "parameter x.b is new"),
    ([{"a": 1}, {"a": 2}], [{"a": 1}, {"a": 3}], "parameter x[1].a changed (2 → 3)"),
    ([{"a": 1}, {"a": 2}], [{"a": 1}, {"a": 9}, {"a": 2}], "parameter x[1] is new"),
    ([{"a": 9}, {"a": 1}, {"a": 1}], [{"a": 1}, {"a": 1}], "parameter x[0] is gone"),
    ([{"a": 1}], [], 'parameter x changed ([{"a":1}] → [])'),
    ([{"a": 1}], [{"a": True}], "parameter x[0].a changed (1 → true, integer → boolean)"),
    (
        ["k" * 100, "one"],
        ["k" * 100, "other"],
        f'parameter x changed (…{"k" * 16}","one"] → …{"k" * 16}","other"])',
    ),
]


@pytest.mark.parametrize(("old", "new", "phrase"), CHANGED)
def test_a_parameter_is_named_with_its_types(old: Any, new: Any, phrase: str) -> None:
    """Values that Python calls equal are told apart by their types."""
    assert [one.phrase for one in changes(key(old), key(new))] == [phrase]
    assert not changes(key(old), key(old))


GIVEN: list[tuple[str, str, str]] = [
    ("aa", "a", "input a is given once, and was twice"),
    ("a", "aa", "input a is given twice, and was once"),
    ("aba", "baaa", "input a is given 3 times, and was twice"),
    ("ab", "ba", "the inputs come in another order"),
    ("aab", "aba", "the inputs come in another order"),
]


@pytest.mark.parametrize(("old", "new", "phrase"), GIVEN)
def test_an_input_that_is_given_more_often(old: str, new: str, phrase: str) -> None:
    """It is said how often; the order is another matter."""
    assert [one.phrase for one in changes(key(None, *old), key(None, *new))] == [phrase]
