"""Reading the auditors' pages: their tables, code blocks, examples and links."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.conftest import REPOSITORY

FOLDER = REPOSITORY / "receipts"
PAGES = ("README.md", "ledger.md", "releases-and-proofs.md")


def text_of(page: str) -> str:
    """Return the text of a page."""
    return (FOLDER / page).read_text(encoding="utf-8")


def blocks(page: str, language: str) -> list[str]:
    """Return the page's code blocks of one language."""
    return re.findall(rf"```{language}\n(.*?)```", text_of(page), re.DOTALL)


def example(page: str, name: str) -> tuple[str, str]:
    """Return the commands of an example that can be typed, and what they print."""
    found = re.findall(
        rf"<!-- example: {name} -->\n```sh\n(.*?)```\n(?:\n```text\n(.*?)```)?",
        text_of(page),
        re.DOTALL,
    )
    assert found, f"{page} has no example {name}"
    return "".join(script for script, _ in found), "".join(printed for _, printed in found)


def fields_in(page: str, heading: str) -> set[str]:
    """Return the names in the first column of the tables below a heading, up to the next one."""
    _, _, rest = text_of(page).partition(f"\n{heading}\n")
    section = re.split(r"\n#{2,3} ", rest, maxsplit=1)[0]
    cells = re.findall(r"^\| (`[^|]+`) \|", section, re.MULTILINE)
    return {name for cell in cells for name in re.findall(r"`([^`]+)`", cell)}


def names_in(value: Any, where: str = "") -> set[str]:
    """Return how a page names the fields of a JSON object: ``a``, ``a.b``, ``a[]``, ``a[].b``."""
    found: set[str] = set()
    for name, inner in value.items():
        place = f"{where}{name}"
        if isinstance(inner, list):
            found.add(f"{place}[]")
            if inner and isinstance(inner[0], dict):
                found |= names_in(inner[0], f"{place}[].")
        elif isinstance(inner, dict):
            found |= {place, *names_in(inner, f"{place}.")}
        else:
            found.add(place)
    return found


def links(page: str) -> Iterator[tuple[str, str]]:
    """Yield page and anchor of every link to one of the pages."""
    for target in re.findall(r"\]\(([^)\s]+)\)", text_of(page)):
        if "://" not in target:
            name, _, anchor = target.partition("#")
            yield name or page, anchor


def anchors(page: str) -> set[str]:
    """Return the anchors of a page's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.*)$", text_of(page), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", one.lower()).replace(" ", "-") for one in headings}


def folder_of_example(folder: Path) -> None:
    """Write the example of README.md: its stage and its log, in a new workspace."""
    (folder / "distill.toml").touch()
    (folder / "logs").mkdir()
    (folder / "logs/runs.jsonl").write_text(blocks("README.md", "json")[0])
    (folder / "keep_good.py").write_text(blocks("README.md", "python")[0])
