"""Answers with stubs for code, and code that is empty for a reason."""

from collections.abc import Callable, Iterator
from itertools import product

from tests.exports.builders import assistant, call, tool, user
from tests.firewall.labelled.labelled_set import LabelledSet, RunFields, found_in_run

_STUBS = (
    "fn area(&self) -> f64 {\n    todo!()\n}",
    'fn area(&self) -> f64 { unimplemented!("later") }',
    "def area(self):\n    raise NotImplementedError",
    'def area(self):\n    """Return the area."""\n    pass',
    "def area(a: int,\n         b: int) -> int:\n    ...",
    "def load(path):\n    # TODO\n    raise NotImplementedError('soon')",
    "def area(r):\n    x = r\n    # ... rest of the code here\n    return x",
    "function area() {\n  // rest of your implementation\n}",
    "function area() { throw new Error('Not implemented'); }",
    "int Area() { throw new NotImplementedException(); }",
    'func Area() int {\n\tpanic("not implemented")\n}',
    "def area(r):\n    # your code here\n    return None",
    "def area(r):\n    # TODO: implement the actual computation\n    return 0",
    "function area() { /* implementation goes here */ }",
    "async def fetch(url): ...",
    "class Shape:\n    def area(self):\n        pass\n",
)
_SOUND = (
    "class Shape(ABC):\n    @abstractmethod\n    def area(self): ...\n",
    "class BaseShape:\n    def area(self):\n        raise NotImplementedError\n",
    "class Sized(Protocol):\n    def size(self) -> int: ...\n",
    "@overload\ndef f(a: int) -> int: ...\ndef f(a):\n    return a\n",
    "class ParseError(Exception):\n    pass\n",
    "try:\n    import fast\nexcept ImportError:\n    pass\n",
    "def f(x):\n    if x:\n        raise NotImplementedError('only y')\n    return 1\n",
    "class A:\n    def f(self):\n        '''Subclasses do.'''\n        raise NotImplementedError\n",
    "class FakeClock:\n    def tick(self):\n        pass\n",
    "def teardown():\n    pass\n",
    "def __init__(self):\n    pass\n",
    "x: tuple[int, ...] = (1, 2)\nif x:\n    pass\nprint(x)",
    "# the rest of the world is asleep\nprint('hi')",
    "def f():\n    pass_count = 1\n    return pass_count",
    "def todo(items):\n    return [i for i in items if not i.done]  # todo list",
    "for x in y:\n    pass\nelse:\n    print('none')",
    "raise ValueError('this is not implemented by the server')",
    "def test_a():\n    def view():\n        pass\n    assert call(view)",
    "let todos = vec![]; // todo: sort by date",
)


def _answer(code: str, language: str = "") -> RunFields:
    return {"messages": (user("Write it."), assistant(f"Here:\n```{language}\n{code}\n```\nDone."))}


def _written(code: str, path: str = "src/shape.py", **more: str) -> RunFields:
    acts = assistant(None, call("create", {"path": path, "file_text": code, **more}))
    return {"messages": (user("Write it."), acts, tool("ok"), assistant("Done."))}


def _patch(code: str) -> RunFields:
    added = "".join(f"+{line}\n" for line in code.split("\n"))
    return {
        "messages": None,
        "text": f"diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -1 +1,9 @@\n{added}",
    }


def _positives() -> Iterator[RunFields]:
    for code in _STUBS:
        yield from (_answer(code), _answer(code, "python"), _written(code), _patch(code))
        yield {"messages": None, "text": code}
        edit = {"path": "a.py", "old_str": "x = 1", "new_str": code}
        acts = assistant(None, call("str_replace", edit))
        yield {"messages": (user("Write it."), acts, tool("ok"), assistant("Done."))}
    for number in range(6):  # code that pretends: nothing in its form tells
        yield _answer(f"def area(r):\n    return {number}  # pretend")


def _negatives() -> Iterator[RunFields]:
    makes: tuple[Callable[[str], RunFields], ...] = (_answer, _written, _patch)
    for code, make in product(_SOUND, makes):
        yield make(code)
    for code in _STUBS:
        yield _written(code, "tests/test_shape.py")
        yield {"messages": (user(f"Mend this:\n```\n{code}\n```"), assistant("Mended."))}
        first = assistant(None, call("create", {"path": "a.py", "file_text": code}))
        second = assistant(None, call("create", {"path": "a.py", "file_text": "x = 1"}))
        done = (tool("ok"), assistant("Done."))
        yield {"messages": (user("Write it."), first, tool("ok"), second, *done)}
        edit = {"path": "a.py", "old_str": code, "new_str": "x = 1"}
        third = assistant(None, call("str_replace", edit))
        yield {"messages": (user("Write it."), first, tool("ok"), third, *done)}


SET = LabelledSet(
    gate="placeholder_code",
    positives=tuple(_positives()),
    negatives=tuple(_negatives()),
    finds=found_in_run("placeholder_code"),
    misses="code that returns a constant instead of doing its work, and files written by a shell",
)
