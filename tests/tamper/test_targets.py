"""A receipt answers only for files where its stage was told to write."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from distill.cli.main import main
from distill.errors import EXIT_OK, EXIT_TAMPERED
from distill.receipts.digest import fingerprint_file
from distill.receipts.receipt import Claim, FileEntry
from distill.receipts.targets import Target
from tests.tamper.rewriting import replace_receipt
from tests.tamper.script import run_script
from tests.tamper.world import World


def _entry(root: Path, path: str, role: str = "target") -> FileEntry:
    found, _ = fingerprint_file(root / path)
    return FileEntry(role, path, found.bytes, found.blake3, found.sha256, found.records, found.root)


def _more(path: str, role: str = "target") -> Callable[[Claim, Path], Claim]:
    return lambda claim, root: replace(claim, outputs=(*claim.outputs, _entry(root, path, role)))


def _told(*targets: Target) -> Callable[[Claim, Path], Claim]:
    return lambda claim, _: replace(claim, targets=targets)


FORGED: dict[str, tuple[Callable[[Claim, Path], Claim], str]] = {
    "a file of the user's beside the target": (_more("notes.txt"), "under no target"),
    "the configuration": (_more("distill.toml"), "under no target"),
    "another role's place": (_more("notes.txt", "other"), "under no target"),
    "below a target that is a file": (
        _told(Target("target", "exports/notes", "file")),
        "under no target",
    ),
    "no target at all": (_told(), "under no target"),
    "a target that begins alike": (
        _told(Target("target", "exports/not", "tree")),
        "under no target",
    ),
    "a target among the receipts": (
        _told(
            Target("target", "exports/notes/count.txt", "file"),
            Target("more", "receipts/objects", "tree"),
        ),
        "engine's own",
    ),
}


@pytest.mark.parametrize("forged", FORGED)
def test_an_output_that_no_target_holds(
    unsigned: World, capsys: pytest.CaptureFixture[str], forged: str
) -> None:
    """The receipt is named by both verifiers, though every digest fits; exit code 10."""
    change, meaning = FORGED[forged]
    replace_receipt(
        unsigned.root,
        "count",
        lambda old: replace(old, claim=change(old.claim, unsigned.root)),
    )
    assert main(["verify", "--workspace", str(unsigned.root)]) == EXIT_TAMPERED
    said = capsys.readouterr().out
    assert "receipt_inconsistent: receipts/objects/" in said
    assert meaning in said
    verdict = run_script(unsigned.root)
    assert verdict.code == EXIT_TAMPERED
    assert any(
        fault.startswith("receipts/objects/") and meaning in fault for fault in verdict.faults
    )


def test_a_passing_receipt_that_lacks_its_file(
    unsigned: World, capsys: pytest.CaptureFixture[str]
) -> None:
    """What the stage was told to write is named by a receipt that passed."""
    told = (
        Target("target", "exports/notes/count.txt", "file"),
        Target("more", "exports/notes/list.txt", "file"),
    )
    replace_receipt(
        unsigned.root, "count", lambda old: replace(old, claim=replace(old.claim, targets=told))
    )
    assert main(["verify", "--workspace", str(unsigned.root)]) == EXIT_TAMPERED
    assert "lacks an output" in capsys.readouterr().out


def test_a_receipt_that_is_only_written_again_is_sound(unsigned: World) -> None:
    """The forging itself leaves nothing else to find."""
    replace_receipt(
        unsigned.root,
        "count",
        lambda old: replace(old, run=replace(old.run, duration_ms=old.run.duration_ms + 1)),
    )
    assert main(["verify", "--workspace", str(unsigned.root)]) == EXIT_OK
    assert run_script(unsigned.root).code == EXIT_OK
