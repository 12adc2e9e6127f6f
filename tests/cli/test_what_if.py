"""`distill what-if`: what would change, and that nothing does."""

import json
from pathlib import Path
from typing import Any

import pytest

from distill.cli import main
from tests.workspaces import MAPPED, VERDICT, lines, make_workspace, read_jsonl, row, run_all

ROWS = [
    row("t1", "a short answer"),
    row("t1", "wrong", passed=False),
    row("t2", "a long answer " * 40),
    row("t3", "half", passed="partly"),
]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A workspace whose five stages have run once."""
    run_all(make_workspace(tmp_path, MAPPED + VERDICT, {"logs/a.jsonl": lines(ROWS)}))
    return tmp_path


def supposed(root: Path, capsys: pytest.CaptureFixture[str], *settings: str) -> list[Any]:
    """Return the changes as set, before, after and why."""
    flags = [part for setting in settings for part in ("--set", setting)]
    capsys.readouterr()
    assert main(["what-if", *flags, "--json", "--workspace", str(root)]) == 0
    changes = json.loads(capsys.readouterr().out)["changes"]
    return [(one["set"], one["before"], one["after"], one["why"]) for one in changes]


def files(root: Path) -> dict[str, bytes]:
    """Return every file of a workspace."""
    found = (path for path in sorted(root.rglob("*")) if path.is_file())
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in found}


def test_a_bound_takes_rows_out_and_says_why(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What goes out names the gate; what a flag lets in names what kept it out."""
    before = files(root)
    assert supposed(root, capsys, "firewall.length_out_of_bounds.max_chars=400") == [
        (name, "exported", "quarantined: length_out_of_bounds", why)
        for name, why in (
            ("rag", "too_long: 587 characters, max_chars = 400"),
            ("sft", "too_long: 587 characters, max_chars = 400"),
        )
    ]
    assert supposed(root, capsys, "exports.sft.include_partial=true") == [
        (
            "sft",
            "quarantined: category_disallowed",
            "exported",
            "no more behind_flag: partially_accepted needs include_partial = true",
        )
    ]
    assert files(root) == before


def test_nothing_changes_where_the_setting_is_what_it_was(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """And a run after the setting is written gives what was foretold."""
    assert supposed(root, capsys, "firewall.looping.max_repeats=5") == []
    assert supposed(root, capsys, "firewall.looping.action=off") == []


def test_what_is_foretold_is_what_a_run_gives(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The rows that would go out are those that are gone after the setting is written."""
    setting = "firewall.length_out_of_bounds.max_chars=400"
    gone = {one[0] for one in supposed(root, capsys, setting)}
    old = {name: (root / f"exports/{name}/train-00000.jsonl").read_bytes() for name in gone}
    with (root / "distill.toml").open("a") as file:
        file.write("[firewall.length_out_of_bounds]\nmax_chars = 400\n")
    assert main(["run", "--workspace", str(root)]) == 0
    for name, rows in old.items():
        left = (root / f"exports/{name}/train-00000.jsonl").read_bytes()
        assert rows.count(b"\n") == left.count(b"\n") + 1
    assert supposed(root, capsys, setting) == []


def test_supposed_splits_keep_out_prompts_that_would_stand_in_two(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Which rows a leak takes out is worked out with them, and is what a run then gives."""
    asked = " ".join(f"w{number}" for number in range(60))
    log = [row(f"t{n}", f"answer {n}", prompt=f"{asked} task{n}") for n in range(12)]
    run_all(make_workspace(tmp_path, MAPPED + VERDICT, {"logs/a.jsonl": lines(log)}))
    changes = supposed(tmp_path, capsys, "exports.splits.validation=40")
    leaks = [one[0] for one in changes if one[1:3] == ("exported", "quarantined: split_leak")]
    with (tmp_path / "distill.toml").open("a") as file:
        file.write("[exports.splits]\nvalidation = 40\n")
    assert main(["run", "--workspace", str(tmp_path)]) == 0
    for name in ("rag", "sft"):
        refused = read_jsonl(tmp_path / f"quarantine/export_{name}.jsonl")
        assert 0 < leaks.count(name) < len(log)
        assert leaks.count(name) == [one["reason"] for one in refused].count("split_leak")


@pytest.mark.parametrize(
    ("setting", "hint"),
    [
        ("firewal.looping.max_repeats=3", "firewall"),
        ("firewall.loping.max_repeats=3", "looping"),
        ("firewall.looping.max_repeat=3", "max_repeats"),
        ("scoring.treshold.x.accepted=1.0", "thresholds"),
        ("exports.sft.include_partials=true", "include_partial"),
        ("sources.agents.role=train", "known: exports, firewall, scoring"),
    ],
)
def test_an_unknown_setting_names_the_nearest(
    root: Path, capsys: pytest.CaptureFixture[str], setting: str, hint: str
) -> None:
    """A slip of the pen is answered with the word that was meant."""
    assert main(["what-if", "--set", setting, "--workspace", str(root)]) == 2
    assert hint in capsys.readouterr().err
