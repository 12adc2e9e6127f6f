"""Texts made to cost a scanner more than its share, and what a scan of them costs a character."""

import time
from collections.abc import Callable
from typing import Final

#: Pieces that are repeated: each begins what a rule looks for, again and again.
HOSTILE: Final = (
    "a@a@a@",
    "a.a.a@a.a.a.",
    "a@" + "a." * 20,
    "1",
    "1.1.",
    "1 ",
    "4111 1111 1111 ",
    "+1 ",
    "+1(1)",
    "(212) 212-",
    "DE89 3704 ",
    "2001:db8:",
    "/home/",
    "C:\\Users\\",
    "phone: 1",
    "password=",
    "token: '",
    "secret_" * 3 + "=",
    "eyJ-",
    "-eyJa.eyJ",
    "://a:",
    "://",
    "-----BEGIN PRIVATE KEY-----\nA",
    "-----BEGIN " + "A " * 3,
    "sk-",
    "-sk-a",
    "Bearer ",
    "%41",
    "%",
    "QUJD",
    "A" * 23 + " ",
    "\\n+1",
)


#: Eight times the text: about 8 where time is linear, 64 where it is quadratic.
LINEAR: Final = 24


def growth(scan: Callable[[str], object], piece: str, size: int) -> float:
    """Return how many times longer a text of eight times the size takes, the best of three runs."""
    return _seconds(scan, piece, 8 * size) / max(_seconds(scan, piece, size), 1e-3)


def _seconds(scan: Callable[[str], object], piece: str, size: int) -> float:
    text = piece * (size // len(piece))
    took = []
    for _ in range(3):
        began = time.process_time()
        scan(text)
        took.append(time.process_time() - began)
    return min(took)
