"""The auditors' page: its example is what the engine writes, its tables name every field."""

import json
import os
import re
import subprocess
import sys
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any, get_args

import pytest

from distill.receipts.canonical import dumps
from distill.receipts.reader import read_receipt
from distill.receipts.receipt import FileEntry, GitState, Receipt

PAGE = Path(__file__).resolve().parents[2] / "receipts" / "README.md"

# What differs from one machine, checkout or moment to another.
VOLATILE = re.compile(
    r"claim\.key|claim\.code\.digest|claim\.code\.files\.distill/.*|claim\.environment\..*"
    r"|run\.(id|started_at|ended_at|duration_ms)|run\.(code|workspace)\.(state|commit|tree|dirty_tree)"
)


def blocks(language: str) -> list[str]:
    """Return the page's code blocks of one language."""
    return re.findall(rf"```{language}\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)


def leaves(value: Any, where: str = "") -> dict[str, Any]:
    """Return every leaf of a JSON value by its place."""
    if isinstance(value, dict) and value:
        parts = value.items()
    elif isinstance(value, list) and value:
        parts = dict(enumerate(value)).items()
    else:
        return {where[1:]: value}
    return {k: v for name, inner in parts for k, v in leaves(inner, f"{where}.{name}").items()}


def test_the_example_is_what_the_engine_writes(tmp_path: Path) -> None:
    """The stage of the page, run on the log of the page, leaves the receipt of the page."""
    log, shown = blocks("json")
    (tmp_path / "distill.toml").touch()
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs/runs.jsonl").write_text(log)
    (tmp_path / "keep_good.py").write_text(blocks("python")[0])
    call = (
        "from keep_good import keep_good; keep_good('logs/runs.jsonl', "
        "kept='exports/good.jsonl', quarantine='quarantine/keep_good.jsonl')"
    )
    ours = os.pathsep.join([str(tmp_path), str(PAGE.parents[1])])
    environment = {**os.environ, "PYTHONPATH": ours}
    subprocess.run([sys.executable, "-c", call], cwd=tmp_path, env=environment, check=True)
    (path,) = (tmp_path / "receipts/objects").glob("*/*")
    expected, found = leaves(json.loads(shown)), leaves(json.loads(path.read_bytes()))
    assert set(found) == set(expected)
    stable = {k: v for k, v in found.items() if not VOLATILE.fullmatch(k)}
    assert stable == {k: v for k, v in expected.items() if not VOLATILE.fullmatch(k)}


def test_the_example_is_a_receipt() -> None:
    """What the page shows can be read by the strict reader."""
    value = json.loads(blocks("json")[1])
    assert read_receipt(dumps(value) + b"\n").passed


def names_of(kind: Any, where: str) -> set[str]:
    """Return the fields of a part of the receipt, as the page names them."""
    found: set[str] = set()
    for field in fields(kind):
        hint: Any = field.type
        inner = [a for a in (hint, *get_args(hint)) if isinstance(a, type) and is_dataclass(a)]
        is_list = getattr(hint, "__origin__", None) is tuple
        name = f"{where}.{field.name}{'[]' if is_list else ''}"
        leaf = not inner or inner[0] in {FileEntry, GitState} or inner[0].__name__ == "Digest"
        found |= {name} if leaf else names_of(inner[0], name)
    return found


@pytest.mark.parametrize("part", ["claim", "run"])
def test_the_tables_name_every_field(part: str) -> None:
    """No field is missing from the page, and none is there that a receipt hasn't."""
    documented = set(re.findall(rf"^\| `({part}\.[^`]+)`", PAGE.read_text("utf-8"), re.MULTILINE))
    assert documented == names_of(Receipt.__dataclass_fields__[part].type, part)


@pytest.mark.parametrize("kind", [FileEntry, GitState])
def test_the_small_tables_name_every_field(kind: Any) -> None:
    """The same for files and git states."""
    documented = re.findall(r"^\| `([a-z0-9_]+)` \|", PAGE.read_text("utf-8"), re.MULTILINE)
    assert {field.name for field in fields(kind)} <= set(documented)
    known = {f.name for one in (FileEntry, GitState) for f in fields(one)}
    assert set(documented) == known
