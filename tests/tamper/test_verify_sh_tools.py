"""receipts/verify.sh on every shell and awk: a tool's failure is never the folder's."""

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from distill.receipts.ledger.keys import rotate_keys
from tests.tamper.script import POSIX_TOOLS, SCRIPT, run_script
from tests.tamper.world import World

Tool = Callable[[str], str]


def put_tool(folder: Path, name: str, text: str) -> None:
    """Put a program of our own in the place of a tool."""
    (folder / name).unlink(missing_ok=True)
    (folder / name).write_text(text)
    (folder / name).chmod(0o755)


def put_old_openssl(folder: Path) -> None:
    """Put an openssl in the tool's place that can't load Ed25519 keys."""
    real = (folder / "openssl").readlink()
    put_tool(folder, "openssl", f'#!/bin/sh\n[ "$1" != pkeyutl ] || exit 1\nexec {real} "$@"\n')


@pytest.mark.parametrize("shell", ["dash", "busybox sh", "bash --posix"])
def test_every_shell_gives_the_same_verdict(signed: World, require_tool: Tool, shell: str) -> None:
    """No shell's own ways are used."""
    command = shell.split()
    require_tool(command[0])
    there = run_script(signed.root, shell=command)
    (signed.root / "exports/sft/train-00000.jsonl").write_text("{}\n")
    changed = run_script(signed.root, shell=command)
    assert (there.code, changed.code) == (0, 10)


@pytest.mark.parametrize("awk", ["busybox awk", "original-awk", "mawk"])
def test_every_awk_gives_the_same_verdict(
    signed: World, tmp_path: Path, require_tool: Tool, awk: str
) -> None:
    """Neither is a dialect of awk: macOS has Kernighan's, small systems have busybox."""
    require_tool(awk.partition(" ")[0])
    put_tool(tmp_path, "awk", f'#!/bin/sh\nexec {awk} "$@"\n')
    path = f"{tmp_path}{os.pathsep}{os.environ['PATH']}"
    flags = ("--since", signed.checkpoint, "--key", signed.key or "", "--include", "3")
    assert run_script(signed.root, *flags, path=path).code == 0
    line = signed.path("receipts/ledger/log.jsonl")
    line.write_bytes(line.read_bytes().replace(b'"passed"', b'"failed"', 1))
    assert run_script(signed.root, path=path).code == 10


def test_a_linter_finds_nothing(require_tool: Tool) -> None:
    """The script is portable sh as far as ShellCheck can tell."""
    command = [require_tool("shellcheck"), "--shell=sh", "--severity=warning", str(SCRIPT)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.stdout == ""


def test_nothing_but_standard_tools(signed: World, bare_path: Path) -> None:
    """Without Python, b3sum and shasum all is checked but BLAKE3, and it says so."""
    verdict = run_script(signed.root, path=str(bare_path))
    assert (verdict.code, verdict.findings) == (0, ())
    assert "BLAKE3 was not checked" in " ".join(verdict.notes)


@pytest.mark.parametrize("tool", ["shasum", "sha256sum"])
def test_without_openssl(signed: World, bare_path: Path, require_tool: Tool, tool: str) -> None:
    """Digests and roots are checked with another tool; the signatures can't be: 11, not 10."""
    (bare_path / "openssl").unlink()
    (bare_path / tool).symlink_to(require_tool(tool))
    if tool == "shasum":
        (bare_path / "perl").symlink_to(require_tool("perl"))
    verdict = run_script(signed.root, path=str(bare_path))
    assert (verdict.code, verdict.faults) == (11, ())
    assert "no signature was checked" in verdict.unchecked[0]
    (signed.root / "exports/sft/README.md").write_text("")
    assert run_script(signed.root, path=str(bare_path)).code == 10


def test_an_openssl_that_cant_load_ed25519(signed: World, bare_path: Path) -> None:
    """LibreSSL, OpenSSL 1: the P-256 signature of each checkpoint stands in, and it says so."""
    put_old_openssl(bare_path)
    verdict = run_script(signed.root, path=str(bare_path))
    assert (verdict.code, verdict.findings) == (0, ())
    assert "P-256 signature was checked instead" in " ".join(verdict.notes)
    (newest,) = signed.root.glob("receipts/ledger/checkpoints/*20.p256")
    newest.chmod(0o644)
    content = newest.read_bytes()
    newest.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    assert run_script(signed.root, path=str(bare_path)).code == 10


def test_changes_of_keys_need_ed25519(signed: World, bare_path: Path) -> None:
    """A rotation is signed with Ed25519 alone: where that can't be verified the verdict is 11."""
    rotate_keys(signed.workspace)
    put_old_openssl(bare_path)
    verdict = run_script(signed.root, path=str(bare_path))
    assert (verdict.code, verdict.faults) == (11, ())


LIARS = {
    "an openssl that agrees with everything": (
        "openssl",
        'case $1 in dgst) [ "$3" != -verify ] || exit 0; exec REAL "$@" ;; esac\nexit 0\n',
    ),
    "an openssl that agrees with nothing": (
        "openssl",
        'case $1 in dgst) [ "$3" != -verify ] || exit 1; exec REAL "$@" ;; esac\nexit 1\n',
    ),
    "digests of another algorithm": ("openssl", 'printf "%064d *x\\n" 1\n'),
    "a jq without regular expressions": (
        "jq",
        'case $* in *test*) exit 5 ;; esac\nexec REAL "$@"\n',
    ),
}


@pytest.mark.parametrize(("tool", "text"), LIARS.values(), ids=LIARS.keys())
def test_a_tool_is_asked_what_is_known_first(
    signed: World, bare_path: Path, tool: str, text: str
) -> None:
    """A tool that gives wrong answers to known questions is not used: 11, never 0 or 10."""
    real = (bare_path / tool).readlink()
    put_tool(bare_path, tool, f"#!/bin/sh\n{text.replace('REAL', str(real))}")
    verdict = run_script(signed.root, path=str(bare_path))
    assert (verdict.code, verdict.faults) == (11, ())


@pytest.mark.parametrize("tool", ["jq", *POSIX_TOOLS[1:]])
def test_a_missing_tool_is_no_verdict(signed: World, bare_path: Path, tool: str) -> None:
    """Whatever is missing, the last line is there and says that nothing can be told."""
    (bare_path / tool).unlink()
    done = subprocess.run(
        ["/bin/sh", str(SCRIPT), str(signed.root)],
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": str(bare_path)},
    )
    assert done.returncode == 11
    assert done.stdout.splitlines()[-1].startswith("CANNOT CHECK: ")
