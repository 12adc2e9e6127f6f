# ruff: noqa: INP001
"""GSM8K solutions' shape: one row a question, four models' solutions side by side in it."""

from collections.abc import Iterator
from typing import Any

MODELS = ("small_plain", "small_checked", "large_plain", "large_checked")
#: who, what, made a day, days, given away
QUESTIONS = (
    ("Asha", "candles", 12, 5, 9),
    ("Bruno", "baskets", 4, 6, 5),
    ("Chidi", "lamps", 7, 3, 2),
    ("Dana", "scarves", 3, 9, 4),
    ("Emil", "chairs", 2, 11, 6),
    ("Farah", "bowls", 15, 4, 20),
    ("Goran", "kites", 6, 7, 8),
    ("Hana", "rugs", 5, 8, 13),
    ("Ivo", "boxes", 21, 3, 14),
    ("Jun", "masks", 9, 6, 11),
)


def wide_rows() -> Iterator[dict[str, Any]]:
    """Yield one row a question."""
    for number, (who, what, made, days, given) in enumerate(QUESTIONS):
        total, left = made * days, made * days - given
        row: dict[str, Any] = {
            "question": (
                f"{who} makes {made} {what} a day for {days} days and gives {given} of them away. "
                f"How many {what} are left?"
            ),
            "ground_truth": f"{who} makes {made} * {days} = {total} {what}.\n"
            f"{total} - {given} = {left} are left.\nA: {left}",
        }
        for place, model in enumerate(MODELS):
            is_correct = (number + place) % 4 != 0 or place == 3
            answer = left if is_correct else total + given - place
            row[model] = {
                "is_correct": is_correct,
                "solution": f"In {days} days {who} makes {total} {what}.\n"
                f"Without the {given} there are {answer}.\nA: {answer}"
                + ("\nChecked by adding back." if model.endswith("checked") else ""),
            }
        yield row
