"""What a stage function is made of counts: its wrappers' code, and what it closes over."""

import functools
import itertools
import operator
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from distill.errors import ContractError
from distill.receipts import (
    InFile,
    OutFile,
    with_receipt,
    with_receipt_per_group,
    with_receipt_per_record,
)
from distill.receipts.recording import Stage

NAMES = itertools.count()
DECORATOR = """
import functools
from distill.receipts import InFile, OutFile

def decorated(function):
    WRAPS
    def inner(log: InFile, *, out: OutFile) -> None:
        function(log, out=out)
        out.write_text("as decorated")
    return inner
"""
PLAIN = """
from distill.receipts import InFile, OutFile

def function(log: InFile, *, out: OutFile) -> None:
    out.write_text("plain")
"""

Put = Callable[[str, str], Path]
Load = Callable[[str, str], ModuleType]


@pytest.fixture
def load(tmp_path: Path) -> Iterator[Load]:
    """Load a text as a module with a file, for the length of a test; again after an edit."""
    before = set(sys.modules)
    folder = tmp_path / "code"
    folder.mkdir()

    def loaded(name: str, text: str) -> ModuleType:
        (folder / f"{name}.py").write_text(text)
        module = ModuleType(name)
        module.__file__ = str(folder / f"{name}.py")
        sys.modules[name] = module
        exec(compile(text, module.__file__, "exec"), module.__dict__)  # noqa: S102 - a test's own text
        return module

    yield loaded
    for name in set(sys.modules) - before:
        del sys.modules[name]


@pytest.mark.parametrize("wraps", ["@functools.wraps(function)", ""], ids=["wraps", "plain"])
@pytest.mark.parametrize("edited", ["decorator", "function"])
def test_a_decorator_and_what_it_decorates(put: Put, load: Load, wraps: str, edited: str) -> None:
    """Both modules count, and neither needs to import the other."""
    put("a.txt", "a")
    number = next(NAMES)
    texts = {"decorator": DECORATOR.replace("WRAPS", wraps), "function": PLAIN}

    def call() -> str:
        outer, inner = (load(f"{name}{number}", text) for name, text in texts.items())
        stage: Stage[Any] = with_receipt(stage="work", version=1)(outer.decorated(inner.function))
        return stage(Path("a.txt"), out=Path("b.txt")).reason

    assert call() == "never built"
    assert call().startswith("inputs, code, parameters and environment unchanged")
    texts[edited] += "\nADDED = 1\n"
    assert call() == f"code changed: {edited}{number}.py"


def made(value: object) -> Stage[Any]:
    """Return a stage that closes over a value."""

    @with_receipt(stage="made", version=1)
    def stage(log: InFile, *, out: OutFile) -> None:
        out.write_text(f"{value}{log.name}")

    return stage


def test_what_a_function_closes_over(put: Put) -> None:
    """A value that can't change is a parameter of the claim."""
    folder = put("a.txt", "a").parent
    told = [made(v)(Path("a.txt"), out=Path("b.txt")).reason for v in ("x", "x", "y", ("y", 1))]
    assert told[0] == "never built"
    assert told[1].startswith("inputs, code, parameters and environment unchanged")
    assert told[2] == 'parameter <closure>.value changed ("x" → "y")'
    assert told[3] == 'parameter <closure>.value changed ("y" → ["y",1])'
    assert (folder / "b.txt").read_text() == "('y', 1)a.txt"


def test_what_a_function_counts_in_its_closure_is_no_value(put: Put) -> None:
    """A counter that the function itself sets says nothing of its outputs."""
    put("a.txt", "a")
    ran = 0

    @with_receipt(stage="counting", version=1)
    def counting(log: InFile, *, out: OutFile) -> None:
        nonlocal ran
        ran += 1
        out.write_text(log.name)

    for _ in range(3):
        counting(Path("a.txt"), out=Path("b.txt"))
    assert ran == 1


def _keyed(field: str) -> Callable[[dict[str, str]], str]:
    return lambda record: record[field]


def test_what_a_key_function_closes_over(put: Put) -> None:
    """A group stage's key function is a part of it."""
    put("a.jsonl", '{"x": "1", "y": "2"}\n')

    def call(field: str) -> str:
        decorate = with_receipt_per_group(stage="grouped", version=1, key=_keyed(field))
        return decorate(first)(read=Path("a.jsonl"), write=Path("out")).reason

    assert call("x") == "never built"
    assert call("x").startswith("inputs, code, parameters and environment unchanged")
    assert call("y") == 'parameter <closure>.field changed ("x" → "y")'


def first(key: str, records: list[bytes]) -> bytes:
    """Return a group's first record, with its key."""
    return key.encode() + b" " + records[0]


class Worker:
    """An object that can be called, and has a method."""

    def __call__(self, log: InFile, *, out: OutFile) -> None:
        """Do nothing."""

    def method(self, log: InFile, *, out: OutFile) -> None:
        """Do nothing."""


@pytest.mark.parametrize(
    "function",
    [functools.partial(operator.add, 1), Worker(), Worker().method],
    ids=["partial", "callable", "method"],
)
def test_an_object_is_no_stage(function: Callable[..., None]) -> None:
    """What an object holds is seen by no key, so it is refused, and told what to write."""
    with pytest.raises(ContractError, match="whose values no key sees") as raised:
        with_receipt(stage="work", version=1)(function)
    assert "write a function" in raised.value.hint


class Methods:
    """A class of functions, of which two need what they are defined in."""

    def of_object(self, log: InFile, out: OutFile) -> None:
        """Be given an object."""

    def of_class(cls, log: InFile, out: OutFile) -> None:  # noqa: N805
        """Be given a class."""

    @staticmethod
    def alone(log: InFile, out: OutFile) -> None:
        """Be given files alone."""


@pytest.mark.parametrize("function", [Methods.of_object, Methods.of_class])
@pytest.mark.parametrize("decorate", [with_receipt, with_receipt_per_record])
def test_a_method_is_no_stage(function: Any, decorate: Any) -> None:
    """It is told where it is decorated, with what to do, and not by a failing call."""
    with pytest.raises(ContractError, match=r"is a method \(Methods\.of_") as raised:
        decorate(stage="work", version=1)(function)
    assert "move it out of the class" in raised.value.hint


def test_a_static_method_is_a_function() -> None:
    """A class may be no more than a place for functions."""
    assert with_receipt(stage="work", version=1)(Methods.alone).stage == "work"


WRAPPER = """
import functools

class Wrapper:
    def __init__(self, function):
        functools.update_wrapper(self, function)

    def __call__(self, log, *, out):
        self.__wrapped__(log, out=out)
        out.write_text("as decorated")
"""


def test_an_object_that_wraps_a_function(put: Put, load: Load) -> None:
    """The class that it is of counts, and so does the function's module."""
    names = [f"{kind}_{next(NAMES)}" for kind in ("wrapper", "wrapped")]

    def call(wrapper: str, function: str) -> str:
        wraps, wrapped = load(names[0], wrapper), load(names[1], function)
        stage = with_receipt(stage="wrapped", version=1)(wraps.Wrapper(wrapped.function))
        return stage(Path("a.txt"), out=Path("b.txt")).reason

    put("a.txt", "a")
    assert call(WRAPPER, PLAIN) == "never built"
    assert call(WRAPPER, PLAIN).startswith("inputs, code, parameters and environment unchanged")
    edited = WRAPPER.replace("decorated", "edited")
    assert call(edited, PLAIN) == f"code changed: {names[0]}.py"
    assert call(edited, PLAIN.replace("plain", "p")) == f"code changed: {names[1]}.py"


def test_modules_and_objects_that_a_function_closes_over(put: Put, load: Load) -> None:
    """What their code says counts, though no import of the stage's module names them."""
    name = f"closed_over_{next(NAMES)}"

    def call(text: str, *, of_object: bool) -> str:
        module = load(name, text)
        words = module.Words() if of_object else module

        @with_receipt(stage=f"saying-{of_object}", version=1)
        def saying(log: InFile, *, out: OutFile) -> None:
            del log
            out.write_text(words.say())

        return saying(Path("a.txt"), out=Path(f"{of_object}.txt")).reason

    put("a.txt", "a")
    text = "class Words:\n    def say(self):\n        return 'old'\nsay = Words().say\n"
    for of_object in (True, False):
        assert call(text, of_object=of_object) == "never built"
        told = call(text, of_object=of_object)
        assert told.startswith("inputs, code, parameters and environment unchanged")
        told = call(text.replace("old", "newer"), of_object=of_object)
        assert told == f"code changed: {name}.py"


def test_two_values_of_one_name(put: Put) -> None:
    """Functions that close over different values under one name are told apart."""
    put("a.txt", "a")

    def wrapping(function: Callable[..., None], value: int) -> Callable[..., None]:
        def inner(log: InFile, *, out: OutFile) -> None:
            function(log, out=out)
            out.write_text(f"{out.read_text()}{value}")

        return inner

    def call(first: int, second: int) -> str:
        def write(log: InFile, *, out: OutFile) -> None:
            out.write_text(log.read_text())

        twice = wrapping(wrapping(write, first), second)
        return with_receipt(stage="two", version=1)(twice)(Path("a.txt"), out=Path("b.txt")).reason

    assert call(1, 2) == "never built"
    assert call(1, 2).startswith("inputs, code, parameters and environment unchanged")
    assert call(3, 2) == "parameter <closure>.value 2 changed (1 → 3)"
    assert call(3, 4) == "parameter <closure>.value changed (2 → 4)"


def test_a_key_that_says_what_it_is_made_of() -> None:
    """``operator.itemgetter`` tells its fields, so it may be a key function."""
    decorate = with_receipt_per_group(stage="grouped", version=1, key=operator.itemgetter("x"))
    assert decorate(first).beside() == {"key_function": "operator.itemgetter('x')"}
