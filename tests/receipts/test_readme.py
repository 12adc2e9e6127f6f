"""The auditors' pages: their examples are what the engine writes, their tables name every field."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any, get_args

import pytest

from distill.receipts.auditors import auditors_files
from distill.receipts.canonical import dumps
from distill.receipts.ledger.entries import (
    Genesis,
    KeyChange,
    Recorded,
    Released,
    Started,
    write_entry,
)
from distill.receipts.ledger.keys import init_keys
from distill.receipts.ledger.log import Ledger
from distill.receipts.merkle import leaf_hash
from distill.receipts.merkle_proofs import MerkleTree
from distill.receipts.reader import read_receipt
from distill.receipts.receipt import FileEntry, GitState, Receipt
from distill.receipts.release_reader import read_manifest
from distill.receipts.workspace import Workspace
from tests.conftest import REPOSITORY
from tests.receipts.pages import (
    FOLDER,
    PAGES,
    anchors,
    blocks,
    example,
    fields_in,
    folder_of_example,
    links,
    names_in,
    text_of,
)
from tests.vectors.making import checkpoints, ledger_lines, releases, unsound_proofs

README = "README.md"
LEDGER = "ledger.md"
RELEASES = "releases-and-proofs.md"

# What differs from one machine, checkout or moment to another.
VOLATILE = re.compile(
    r"claim\.key|claim\.code\.digest|claim\.code\.files\.distill/.*|claim\.environment\..*"
    r"|run\.(id|started_at|ended_at|duration_ms)"
    r"|run\.(code|workspace)\.(state|commit|tree|dirty_tree)"
)


def leaves(value: Any, where: str = "") -> dict[str, Any]:
    """Return every leaf of a JSON value by its place."""
    if isinstance(value, dict) and value:
        parts = value.items()
    elif isinstance(value, list) and value:
        parts = dict(enumerate(value)).items()
    else:
        return {where[1:]: value}
    return {k: v for name, inner in parts for k, v in leaves(inner, f"{where}.{name}").items()}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The workspace of the page's example, signed, after its run; and the receipt's file."""
    folder = tmp_path_factory.mktemp("example")
    folder_of_example(folder)
    init_keys(Workspace(folder))
    call = (
        "from keep_good import keep_good; keep_good('logs/runs.jsonl', "
        "kept='exports/good.jsonl', quarantine='quarantine/keep_good.jsonl')"
    )
    ours = os.pathsep.join([str(folder), str(REPOSITORY)])
    environment = {**os.environ, "PYTHONPATH": ours}
    subprocess.run([sys.executable, "-c", call], cwd=folder, env=environment, check=True)
    (path,) = (folder / "receipts/objects").glob("*/*")
    return folder, path


def typed(script: str, folder: Path, **variables: str) -> str:
    """Return what commands print when they are typed in a folder."""
    done = subprocess.run(
        ["sh", "-e", "-c", script],
        cwd=folder,
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_example_is_what_the_engine_writes(made: tuple[Path, Path]) -> None:
    """The stage of the page, run on the log of the page, leaves the receipt of the page."""
    expected = leaves(json.loads(blocks(README, "json")[1]))
    found = leaves(json.loads(made[1].read_bytes()))
    assert set(found) == set(expected)
    stable = {k: v for k, v in found.items() if not VOLATILE.fullmatch(k)}
    assert stable == {k: v for k, v in expected.items() if not VOLATILE.fullmatch(k)}


def test_the_example_is_a_receipt() -> None:
    """What the page shows can be read by the strict reader."""
    value = json.loads(blocks(README, "json")[1])
    assert read_receipt(dumps(value) + b"\n").passed


@pytest.fixture
def _tools(require_tool: Callable[[str], str]) -> None:
    """The tools that the examples are typed with."""
    for tool in ("b3sum", "jq", "openssl"):
        require_tool(tool)


@pytest.mark.usefixtures("_tools")
def test_the_digests_are_those_that_a_reader_types(made: tuple[Path, Path]) -> None:
    """Each command of the page prints the digest that its comment names."""
    folder, path = made
    claim = json.loads(path.read_bytes())["claim"]
    script, _ = example(README, "digests")
    name, log, whole, code, key = typed(script, folder, receipt=str(path)).split()
    assert (name, log) == (path.name, claim["inputs"][0]["sha256"])
    assert whole == read_receipt(path.read_bytes()).claim_digest.hex
    assert (code, key) == (claim["code"]["digest"], claim["key"])


@pytest.mark.usefixtures("_tools")
@pytest.mark.parametrize(("page", "name"), [(README, "root"), (LEDGER, "ledger")])
def test_examples_print_what_the_page_shows(page: str, name: str, tmp_path: Path) -> None:
    """Roots and signatures are recomputed with openssl alone."""
    script, printed = example(page, name)
    assert typed(script, tmp_path).split() == printed.split()


def test_the_root_of_the_page_is_that_of_the_receipt() -> None:
    """What is typed for three lines is what the engine wrote for them."""
    _, printed = example(README, "root")
    inputs = json.loads(blocks(README, "json")[1])["claim"]["inputs"]
    assert printed.strip() == inputs[0]["root"]


@pytest.mark.usefixtures("_tools")
def test_the_ledger_of_the_page_is_that_of_the_vectors(tmp_path: Path) -> None:
    """The page's three lines and their checkpoint are the test vectors' own."""
    typed(example(LEDGER, "ledger")[0], tmp_path)
    lines = (tmp_path / "log.jsonl").read_bytes().splitlines()
    assert lines == checkpoints.LINES[:3]
    assert (tmp_path / "0000000000000003").read_bytes() == checkpoints.note(3)


def test_the_release_of_the_page_is_one() -> None:
    """What the page shows is a manifest, and the test vectors' own."""
    (shown,) = blocks(RELEASES, "json")
    value = json.loads(shown)
    assert value == releases.RELEASE
    assert read_manifest(dumps(value) + b"\n").name == "2026-01"


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
    documented = fields_in(README, f"### The {part}")
    of_part = {name for name in documented if name.startswith(f"{part}.")}
    assert of_part == names_of(Receipt.__dataclass_fields__[part].type, part)
    small = FileEntry if part == "claim" else GitState
    assert documented - of_part == {field.name for field in fields(small)}


ENTRIES = {
    "genesis": Genesis,
    "started": Started,
    "receipt": Recorded,
    "key": KeyChange,
    "release": Released,
}


@pytest.mark.parametrize("kind", ENTRIES)
def test_every_entry_of_the_ledger_has_its_table(kind: str) -> None:
    """The table of a kind names the fields that a line of it has."""
    line = {"genesis": ledger_lines.GENESIS, "started": ledger_lines.STARTED,
            "receipt": ledger_lines.RECORDED, "key": ledger_lines.KEY,
            "release": ledger_lines.RELEASED}[kind]  # fmt: skip
    documented = fields_in(LEDGER, f"### `{kind}`")
    assert documented == names_in(line) - {"signatures[]"}
    more = {"entry", "format"} if kind == "genesis" else {"entry"}
    tops = {re.split(r"[.[]", name)[0] for name in documented}
    assert tops == {field.name for field in fields(ENTRIES[kind])} | more


def test_the_engine_writes_the_entries_of_the_page(made: tuple[Path, Path]) -> None:
    """A real, signed run leaves lines with exactly the fields of the tables."""
    ledger = Ledger(Workspace(made[0]))
    lines = [json.loads(line) for line in ledger.lines()]
    assert [line["entry"] for line in lines] == ["genesis", "key", "started", "receipt"]
    for line in lines:
        assert names_in(line) - {"signatures[]"} == fields_in(LEDGER, f"### `{line['entry']}`")
    assert [write_entry(entry) for entry in ledger.entries()] == ledger.lines()


def test_every_field_of_a_release_has_its_row() -> None:
    """The table of `release.json` names the fields that it has, and no other."""
    documented = fields_in(RELEASES, "## `release.json`")
    found = names_in(releases.RELEASE) - {"checkpoint"}
    assert documented == {
        name.removesuffix("[]") if "expect[]." in name else name for name in found
    }


def test_every_field_of_a_proof_has_its_row() -> None:
    """The tables of the proof and of its parts name the fields that they have."""
    proof = unsound_proofs.OF_ARRAY
    run, ledger, receipts = proof["runs"][0], proof["ledger"], proof["receipts"]
    whole = {f"runs[].{name}" for name in names_in(run) if "." not in name}
    tops = {name for name in names_in(proof) if "." not in name}
    assert fields_in(RELEASES, "## The proof of a sample") == whole | tops
    assert fields_in(RELEASES, "### The files") == set(proof["files"][0])
    of_ledger = {f"ledger.{name}{'[]' * (name == 'lines')}" for name in ledger}
    of_ledger |= {f"ledger.growth.{name}" for name in ledger["growth"]}
    of_ledger |= {f"ledger.lines[].{name}" for name in ledger["lines"][0]}
    assert fields_in(RELEASES, "### The ledger's part") == of_ledger
    of_receipt = {f"{name}{'[]' * (name == 'facts')}" for name in receipts["export"]}
    of_receipts = {f"receipts.{name}" for name in receipts}
    assert fields_in(RELEASES, "### The receipts") == of_receipts | of_receipt
    facts = [fact for one in receipts.values() for fact in one["facts"]]
    assert fields_in(RELEASES, "### The facts") == {name for fact in facts for name in fact}
    assert fields_in(RELEASES, "### The hops") == set(run["evidence"])


@pytest.mark.usefixtures("_tools")
def test_the_facts_of_the_page_are_those_of_the_ledger(made: tuple[Path, Path]) -> None:
    """What the page's jq prints, hashed as a tree, is the head in the receipt's line."""
    folder, receipt = made
    lines = typed(example(LEDGER, "facts")[0], folder, receipt=str(receipt)).splitlines()
    entry = next(e for e in Ledger(Workspace(folder)).entries() if isinstance(e, Recorded))
    assert MerkleTree(leaf_hash(line.encode()) for line in lines).head() == entry.facts


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_somewhere(page: str) -> None:
    """A link between the pages names a file and a heading that are there."""
    for name, anchor in links(page):
        assert (FOLDER / name).is_file(), name
        assert not anchor or anchor in anchors(name), f"{name}#{anchor}"


def test_the_pages_come_with_every_release() -> None:
    """Whoever has a release and nothing else can read what its fields mean."""
    shipped = auditors_files()
    for path in FOLDER.iterdir():
        if path.is_file():
            assert shipped[f"receipts/{path.name}"] == path.read_bytes()


def test_the_first_page_names_all_pages() -> None:
    """A field is found from the first page."""
    assert all(f"({page})" in text_of(README) for page in PAGES[1:])
