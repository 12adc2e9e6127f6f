"""What a command prints: lines for people, one JSON document for machines, errors on stderr.

Names of files and texts of receipts are somebody else's: a line shows what would move the cursor,
break the line or reverse the text as an escape, so that nobody can write a verdict into a name.
"""

import json
import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

_UNSEEN = re.compile("[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


def visible(text: str) -> str:
    """Return a text on one line, with nothing in it that a terminal obeys."""
    return _UNSEEN.sub(lambda found: ascii(found.group())[1:-1], _encodable(text))


def _encodable(text: str) -> str:
    """Return a text that UTF-8 can hold: bytes of a name that were none become escapes."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


class Console:
    """Prints for one command. With `as_json` only `document` and `error` print."""

    def __init__(self, *, quiet: bool, verbose: bool, as_json: bool) -> None:
        self.quiet = quiet
        self.verbose = verbose
        self.as_json = as_json
        self.printed: list[tuple[str, list[Any]]] | None = None

    def record(self) -> None:
        """Keep in `printed` what is printed from now on, whatever the flags hide of it."""
        self.printed = []

    def repeat(self, printed: Iterable[tuple[str, list[Any]]]) -> None:
        """Print again what a command printed, as `printed` holds it, by the flags of now."""
        for kind, arguments in printed:
            {"line": self.line, "detail": self.detail, "document": self.document}[kind](*arguments)

    def line(self, text: str = "") -> None:
        """Print a line for a person."""
        self._keep("line", text)
        self._write(text)

    def _keep(self, kind: str, value: Any) -> None:
        if self.printed is not None:
            self.printed.append((kind, [value]))

    def _write(self, text: str) -> None:
        if not self.quiet and not self.as_json:
            sys.stdout.write(visible(text) + "\n")

    def detail(self, text: str) -> None:
        """Print a line that only -v asks for."""
        self._keep("detail", text)
        if self.verbose:
            self._write(text)

    def table(self, head: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
        """Print a table, numbers to the right."""
        cells = [[str(cell) for cell in row] for row in rows]
        widths = [max(len(row[i]) for row in [list(head), *cells]) for i in range(len(head))]
        right = [all(row[i].replace(",", "").isdigit() for row in cells) for i in range(len(head))]
        for row in [list(head), *cells]:
            self.line(
                "  ".join(
                    cell.rjust(width) if numeric else cell.ljust(width)
                    for cell, width, numeric in zip(row, widths, right, strict=True)
                ).rstrip()
            )

    def document(self, value: Any) -> None:
        """Print the command's answer for a machine; nothing without --json."""
        self._keep("document", value)
        if self.as_json:
            sys.stdout.write(_json(value, indent=2) + "\n")

    def listing(self, head: Mapping[str, Any], name: str, items: Iterable[Any]) -> None:
        """Print one JSON document whose last member is a list, written item by item."""
        if not self.as_json:
            return
        text = _json(head, indent=2)
        sys.stdout.write(f"{text[:-2]},\n  {json.dumps(name)}: [")
        for number, item in enumerate(items):
            sys.stdout.write(",\n" if number else "\n")
            sys.stdout.write(f"    {_json(item)}")
        sys.stdout.write("\n  ]\n}\n")

    def error(self, message: str, hint: str, code: int) -> None:
        """Say on stderr what is wrong and what to do."""
        if self.as_json:
            error = {"error": message, "hint": hint, "exit_code": code}
            sys.stdout.write(_json(error, indent=2) + "\n")
            return
        sys.stderr.write(f"error: {visible(message)}\n")
        if hint:
            sys.stderr.write(f"hint: {visible(hint)}\n")


def _json(value: Any, indent: int | None = None) -> str:
    """Return JSON that UTF-8 can hold; a lone surrogate's escape is one of JSON too."""
    return _encodable(json.dumps(value, ensure_ascii=False, indent=indent))
