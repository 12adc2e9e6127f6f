"""receipts/verify.sh on what somebody wrote who knows that it is a shell script."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from distill.receipts.digest import digest_bytes, fingerprint_file
from distill.receipts.ledger.entries import Recorded, write_entry
from distill.receipts.merkle_proofs import MerkleTree, TreeHead
from tests.receipts.samples import raw
from tests.tamper.changes import put
from tests.tamper.forging import lines_of, write_ledger
from tests.tamper.script import run_script
from tests.tamper.world import World
from tests.vectors.making.proved import fact_leaves

# Names that a receipt may hold, and that a careless script would take for something else.
ODD_NAMES = (
    "-rf",
    "--help",
    "a b",
    "it's",
    'a "b"',
    "$(touch pwned)",
    "`touch pwned`",
    "*",
    "a;b|c&d",
    "~root",
    "naïve ü",
    "%s%n",
    "x=y",
    "total",
    "a -> b",
    "#",
)
# Names that no receipt holds.
REFUSED_NAMES = (
    "/etc/passwd",
    "../outside.txt",
    "a/../../outside.txt",
    "./a",
    "a//b",
    "a\nb",
    "a\tb",
    "a\\b",
    "a\x9bb",
    "",
    "root:/etc/passwd",
    "root:../outside.txt",
    ":x",
    "x" * 5000,
)


def add_receipt(root: Path, *changes: Callable[[dict[str, Any]], None]) -> list[Path]:
    """Enter receipts in an unsigned ledger: each of a stage of its own, and changed before that."""
    (sample, *_) = sorted((root / "receipts/objects").glob("*/*"))
    places, lines = [], lines_of(root)
    for number, change in enumerate(changes):
        value = json.loads(sample.read_bytes())
        value["claim"] |= {"stage": f"hostile{number}", "inputs": [], "outputs": [], "parents": []}
        value["run"] |= {"id": f"hostile-{number}", "parents": []}
        change(value)
        content = raw(value)
        digest = digest_bytes(content)
        place = root / "receipts/objects" / digest.hex[:2] / digest.hex
        place.parent.mkdir(exist_ok=True)
        put(place, content)
        made = fingerprint_file(place)[0]
        stage = f"hostile{number}"
        facts, run = _facts_of(value), value["run"]["id"]
        entry = Recorded(digest, facts, run, made.sha256, stage, "passed")
        lines.append(write_entry(entry))
        places.append(place)
    write_ledger(root, lines, lambda _: None)
    return places


def _facts_of(value: dict[str, Any]) -> TreeHead:
    """Return the head over the facts of what may be no receipt; any head where there are none."""
    try:
        return MerkleTree(fact_leaves(value)).head()
    except (AttributeError, KeyError, TypeError):
        return TreeHead(1, bytes(32))


def outputs(root: Path, *names: str) -> Callable[[dict[str, Any]], None]:
    """Return a change that lets the receipt name outputs of these bytes, as it was told to."""
    (root / "sample").write_bytes(b"sample\n")
    found, _ = fingerprint_file(root / "sample")
    made = {
        "bytes": found.bytes,
        "blake3": found.blake3.hex,
        "sha256": found.sha256.hex,
        "records": None,
        "root": None,
    }
    places = [{"role": f"target{n:02}", "path": name} for n, name in enumerate(names)]
    entries = [place | made for place in places]
    targets = [place | {"kind": "file"} for place in places]
    return lambda value: value["claim"].update(outputs=entries, targets=targets)


def test_an_odd_name_is_only_a_name(unsigned: World) -> None:
    """A file is found under any name that a receipt may hold, and nothing else happens."""
    root = unsigned.root
    names = sorted(f"exports/{name}" for name in ODD_NAMES)
    for name in names:
        put(root / name, b"sample\n")
    add_receipt(root, outputs(root, *names))
    assert run_script(root).findings == ()
    assert list(root.rglob("pwned")) == []
    for name in names:
        put(root / name, b"samples\n")
    verdict = run_script(root)
    assert verdict.code == 10
    assert sorted(fault.rpartition(": ")[0] for fault in verdict.faults) == names
    assert list(root.rglob("pwned")) == []


def test_a_name_that_no_receipt_holds_is_refused(unsigned: World) -> None:
    """The receipt is refused; the file that it means is not looked at."""
    (unsigned.root.parent / "outside.txt").write_bytes(b"sample\n")
    changes = [outputs(unsigned.root, name) for name in REFUSED_NAMES]
    refused = add_receipt(unsigned.root, *changes)
    verdict = run_script(unsigned.root)
    assert verdict.code == 10
    told = [fault for fault in verdict.faults if "in a way that no receipt does" in fault]
    named = [unsigned.root / fault.partition(": ")[0] for fault in told]
    assert sorted(named) == sorted(refused)


FILE: dict[str, Any] = {
    "role": "r",
    "path": "a",
    "bytes": 1,
    "blake3": "ab" * 32,
    "sha256": "ab" * 32,
    "records": None,
    "root": None,
}

REFUSED: dict[str, Callable[[dict[str, Any]], None]] = {
    "a future version": lambda value: value.update(format="distill.receipt/2"),
    "an unknown field": lambda value: value.update(more=1),
    "a float": lambda value: value["claim"]["counts"].update(share=0.5),
    "a huge number": lambda value: value["claim"]["counts"].update(read=2**53),
    "a negative size": lambda value: value["claim"].update(
        outputs=[{**FILE, "bytes": -1, "path": "a"}]
    ),
    "a digest with a newline": lambda value: value["claim"].update(
        outputs=[{**FILE, "sha256": "ab" * 31 + "a\n"}]
    ),
    "a stage with a tab": lambda value: value["claim"].update(stage="a\tb"),
    "no outputs": lambda value: value["claim"].pop("outputs"),
    "a list": lambda value: value.update(claim=[]),
}


def test_a_receipt_of_another_form_is_refused(unsigned: World) -> None:
    """What is no receipt is named, and not read any further."""
    refused = add_receipt(unsigned.root, *REFUSED.values())
    verdict = run_script(unsigned.root)
    assert verdict.code == 10
    told = "\n".join(verdict.faults)
    names = [place.relative_to(unsigned.root).as_posix() for place in refused]
    assert [name for name in names if name not in told] == []


def test_a_receipt_of_a_hundred_megabytes_is_not_read(unsigned: World) -> None:
    """No receipt has so many bytes; jq never sees it."""
    path = next((unsigned.root / "receipts/objects").glob("*/*"))
    put(path, b"")
    with path.open("r+b") as file:
        file.truncate(100 * 2**20)
    verdict = run_script(unsigned.root)
    assert verdict.code == 10
    assert "larger than 16 MiB" in "\n".join(verdict.faults)


def test_a_file_with_an_unfit_name_is_named_safely(unsigned: World) -> None:
    """A name that would break lines or a terminal is shown without its control characters."""
    names = ("new\nline", "tab\tname", "back\\slash", "\x1b[31mred")
    for name in names:
        (unsigned.root / "exports" / name).write_text("x")
    verdict = run_script(unsigned.root)
    assert verdict.code == 10
    assert len(verdict.faults) == len(names)
    assert all(fault.startswith("exports/") and fault.isprintable() for fault in verdict.faults)


def test_a_link_that_leads_out_is_not_followed(unsigned: World, tmp_path: Path) -> None:
    """Neither a linked file nor a file in a linked folder is read outside of the workspace."""
    outside = tmp_path / "outside"
    (unsigned.root / "exports/notes").rename(outside)
    (unsigned.root / "exports/notes").symlink_to(outside)
    verdict = run_script(unsigned.root)
    assert verdict.code == 10
    assert any("was not followed" in fault for fault in verdict.faults)


def test_a_receipt_of_more_facts_than_are_worked_out_is_told_of(unsigned: World) -> None:
    """Each fact is a file of the check: beyond 20,000 they are left, and the others looked at."""

    def change(value: dict[str, Any]) -> None:
        value["claim"]["notes"] = {"many": [0] * 20_001}

    add_receipt(unsigned.root, change)
    verdict = run_script(unsigned.root)
    assert verdict.findings == ()
    assert "the facts of 1 receipts were not worked out again (--all does it)" in verdict.notes


def test_lines_with_quotes_and_escapes_are_data(unsigned: World) -> None:
    """A run id of shell code is no name, and stays text, in the leaf and in every message."""
    code = "'; touch pwned; $(touch pwned) \\101 %s \"\n\x01"

    def change(value: dict[str, Any]) -> None:
        value["run"]["id"] = code

    add_receipt(unsigned.root, change)
    assert run_script(unsigned.root).code == 10
    assert list(Path.cwd().glob("pwned")) == []
    assert list(unsigned.root.rglob("pwned")) == []


def test_a_fifo_is_no_file(unsigned: World) -> None:
    """A named pipe in the place of a file would block a reader for ever."""
    path = unsigned.root / "exports/sft/README.md"
    path.unlink()
    os.mkfifo(path)
    verdict = run_script(unsigned.root)
    assert verdict.code == 10
    assert any(fault.startswith("exports/sft/README.md: ") for fault in verdict.faults)
