# ruff: noqa: INP001
"""reflexion's shape: one line an attempt, the verdict of a test run, an answer key beside."""

from collections.abc import Iterator
from typing import Any

#: name, the docstring, the right body, a wrong one.
PROBLEMS = (
    ("double_all", "Return each number doubled.", "[2 * n for n in numbers]", "numbers * 2"),
    ("count_even", "Return how many are even.", "sum(n % 2 == 0 for n in numbers)", "len(numbers)"),
    ("largest", "Return the largest number.", "max(numbers)", "numbers[-1]"),
    (
        "total_odd",
        "Return the sum of the odd ones.",
        "sum(n for n in numbers if n % 2)",
        "sum(numbers)",
    ),
    ("descending", "Return them from large to small.", "sorted(numbers)[::-1]", "sorted(numbers)"),
    ("spread", "Return largest minus smallest.", "max(numbers) - min(numbers)", "max(numbers)"),
    (
        "positives",
        "Return those above zero.",
        "[n for n in numbers if n > 0]",
        "[abs(n) for n in numbers]",
    ),
    (
        "squares",
        "Return each number squared.",
        "[n * n for n in numbers]",
        "[n + n for n in numbers]",
    ),
    ("is_sorted", "Say whether they never fall.", "numbers == sorted(numbers)", "bool(numbers)"),
    ("unique", "Return each number once.", "list(dict.fromkeys(numbers))", "numbers[:1]"),
    ("last_three", "Return the last three.", "numbers[-3:]", "numbers[:3]"),
    ("mean", "Return the mean.", "sum(numbers) / len(numbers)", "sum(numbers) // 2"),
)

#: What no reader may let pass: each line is quarantined, or its verdict needs a person.
BROKEN_LINES = (
    '{"name": "cut_short", "prompt": "def cut_short(numbers):\\n", "solu\n'
    '{"name": "twice", "name": "again", "prompt": "p", "solution": "s", "is_solved": true}\n'
    '{"name": "not_a_number", "prompt": "p", "solution": "s", "is_solved": NaN}\n'
    '{"name": "too_large", "prompt": "p", "solution": "s", "is_solved": true, "seed": '
    "9007199254740993}\n"
    "\n"
    '["no", "object"]\n'
    '{"name": "a_word_for_a_verdict", "prompt": "def a_word(numbers):\\n    # Return 1.\\n", '
    '"solution": "    return 1\\n", "is_solved": "False"}\n'
)


def code_runs() -> Iterator[dict[str, Any]]:
    """Yield three attempts at each problem; `largest` has one output with opposite verdicts."""
    for number, (name, doc, right, wrong) in enumerate(PROBLEMS):
        solved = [(number + attempt) % 3 != 1 for attempt in range(3)]
        for attempt, is_solved in enumerate(solved):
            body = right if is_solved else wrong
            yield _row(name, doc, right, body, attempt, is_solved=is_solved)
        if name == "largest":
            yield _row(name, doc, right, right, 0, is_solved=False)
        if name == "mean":
            yield {**_row(name, doc, right, "", 0, is_solved=False), "solution": ""}


def _row(
    name: str, doc: str, right: str, body: str, attempt: int, *, is_solved: bool
) -> dict[str, Any]:
    thoughts = ("", "    # checked with a short list\n", "    # second try\n")
    return {
        "name": name,
        "language": "py",
        "prompt": f'def {name}(numbers: list[int]):\n    """{doc} The list has numbers."""\n',
        "entry_point": name,
        "canonical_solution": f"    result = {right}\n    return result\n",
        "test": f"assert {name}([1, 2, 3]) == (lambda numbers: {right})([1, 2, 3])",
        "solution": f"{thoughts[attempt]}    return {body}\n",
        "reflections": ["The last element is not the largest."] if attempt == 2 else [],
        "is_solved": is_solved,
    }
