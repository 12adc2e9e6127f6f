"""SPDX licence expressions: which of their licences a list has to allow.

Source of the form: SPDX specification 2.3, annex D: identifiers joined by ``AND``, ``OR`` and
``WITH``, in parentheses; ``WITH`` binds tighter than ``AND``, ``AND`` tighter than ``OR``.
"""

import re
from collections.abc import Callable
from collections.abc import Set as AbstractSet
from typing import Final

_TOKEN: Final = re.compile(r"[()]|[^\s()]+")
_IDENTIFIER: Final = re.compile(r"[A-Za-z0-9.:-]+\+?")
_WORDS: Final = frozenset({"and", "or", "with", "(", ")"})


class NoExpressionError(ValueError):
    """A text that is no licence expression."""


def is_allowed(expression: str, allowed: AbstractSet[str]) -> bool:
    """Say whether one may use what is under a licence expression, with these licences allowed.

    `allowed` holds lower-case identifiers. Of ``A OR B`` one is enough, ``A AND B`` needs both;
    ``A WITH exception`` is as allowed as A is, since an exception only adds permissions, or where
    it is listed as a whole.

    Raises:
        NoExpressionError: the text is no expression.
    """
    reader = _Reader(_TOKEN.findall(expression.lower()), allowed)
    answer = reader.alternatives()
    reader.end()
    return answer


class _Reader:
    """Reads an expression from left to right."""

    def __init__(self, tokens: list[str], allowed: AbstractSet[str]) -> None:
        self._tokens = tokens
        self._allowed = allowed
        self._at = 0

    def alternatives(self) -> bool:
        return any(self._joined(self._together, "or"))

    def end(self) -> None:
        if self._at < len(self._tokens):
            raise NoExpressionError(f"word {self._at + 1} is not expected there")

    def _together(self) -> bool:
        return all(self._joined(self._one, "and"))

    def _joined(self, read: Callable[[], bool], word: str) -> list[bool]:
        answers = [read()]
        while self._next() == word:
            self._at += 1
            answers.append(read())
        return answers

    def _one(self) -> bool:
        if self._next() == "(":
            self._at += 1
            answer = self.alternatives()
            if self._next() != ")":
                raise NoExpressionError("a parenthesis is not closed")
            self._at += 1
            return answer
        name = self._identifier()
        if self._next() != "with":
            return name in self._allowed
        self._at += 1
        exception = self._identifier()
        return name in self._allowed or f"{name} with {exception}" in self._allowed

    def _identifier(self) -> str:
        word = self._next()
        if word is None or word in _WORDS or not _IDENTIFIER.fullmatch(word):
            raise NoExpressionError(f"word {self._at + 1} is no licence")
        self._at += 1
        return word

    def _next(self) -> str | None:
        return self._tokens[self._at] if self._at < len(self._tokens) else None
