"""What a command prints: lines for people, one JSON document for machines, errors on stderr."""

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any


class Console:
    """Prints for one command. With `as_json` only `document` and `error` print."""

    def __init__(self, *, quiet: bool, verbose: bool, as_json: bool) -> None:
        self.quiet = quiet
        self.verbose = verbose
        self.as_json = as_json

    def line(self, text: str = "") -> None:
        """Print a line for a person."""
        if not self.quiet and not self.as_json:
            sys.stdout.write(text + "\n")

    def detail(self, text: str) -> None:
        """Print a line that only -v asks for."""
        if self.verbose:
            self.line(text)

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
        if self.as_json:
            sys.stdout.write(json.dumps(value, ensure_ascii=False, indent=2) + "\n")

    def listing(self, head: Mapping[str, Any], name: str, items: Iterable[Any]) -> None:
        """Print one JSON document whose last member is a list, written item by item."""
        if not self.as_json:
            return
        text = json.dumps(head, ensure_ascii=False, indent=2)
        sys.stdout.write(f"{text[:-2]},\n  {json.dumps(name)}: [")
        for number, item in enumerate(items):
            sys.stdout.write(",\n" if number else "\n")
            sys.stdout.write(f"    {json.dumps(item, ensure_ascii=False)}")
        sys.stdout.write("\n  ]\n}\n")

    def error(self, message: str, hint: str, code: int) -> None:
        """Say on stderr what is wrong and what to do."""
        if self.as_json:
            error = {"error": message, "hint": hint, "exit_code": code}
            sys.stdout.write(json.dumps(error, ensure_ascii=False, indent=2) + "\n")
            return
        sys.stderr.write(f"error: {message}\n")
        if hint:
            sys.stderr.write(f"hint: {hint}\n")
