"""receipts/verify.sh takes a P-256 signature in its one spelling alone, whatever openssl takes."""

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from distill.receipts.ledger.signing import with_low_s
from tests.tamper.changes import put
from tests.tamper.script import POSIX_TOOLS, Verdict, run_script
from tests.tamper.test_verify_sh_release import copy
from tests.tamper.test_verify_sh_tools import Tool, put_old_openssl, put_tool
from tests.tamper.world import World

# FIPS 186-4 §D.1.2.3.
ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
CHECKPOINTS = "receipts/ledger/checkpoints"


def _number(value: int, more: bytes = b"") -> bytes:
    content = more + value.to_bytes(value.bit_length() // 8 + 1)
    return b"\x02" + bytes([len(content)]) + content


def _sequence(*parts: bytes) -> bytes:
    content = b"".join(parts)
    return b"\x30" + bytes([len(content)]) + content


def high_s(signature: bytes) -> bytes:
    """Return the other signature that verifies where this one does: (r, n - s)."""
    r, s = decode_dss_signature(signature)
    return _sequence(_number(r), _number(ORDER - s))


SPELLINGS: dict[str, Callable[[bytes], bytes]] = {
    "high s": high_s,
    "a zero more before r": lambda one: _sequence(
        _number(decode_dss_signature(one)[0], b"\0"), _number(decode_dss_signature(one)[1])
    ),
    "a length in its long form": lambda one: b"\x30\x81" + one[1:],
    "a byte after it": lambda one: one + b"\0",
    "a newline after it": lambda one: one + b"\n",
}


def _respell(path: Path, change: Callable[[bytes], bytes]) -> None:
    before = path.read_bytes()
    assert with_low_s(before) == before
    put(path, change(before))
    assert path.read_bytes() != before


def _is_refused(verdict: Verdict, path: str) -> bool:
    return verdict.code == 10 and any(
        fault.startswith(f"{path}: ") and "lower s" in fault for fault in verdict.faults
    )


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_another_spelling_of_a_checkpoint_s_signature(signed: World, spelling: str) -> None:
    """Nobody without the key can write a second signature that is taken."""
    places = sorted(signed.root.glob(f"{CHECKPOINTS}/*.p256"))
    for place in (places[0], places[-1]):
        first = place.read_bytes()
        _respell(place, SPELLINGS[spelling])
        shown = place.relative_to(signed.root).as_posix()
        assert _is_refused(run_script(signed.root), shown)
        put(place, first)
    assert run_script(signed.root).code == 0


def test_openssl_alone_would_take_the_higher_s(signed: World, require_tool: Tool) -> None:
    """The change is one that the signature's own check does not find."""
    (key,) = signed.root.glob("receipts/keys/*.attestation.pem")
    place = max(signed.root.glob(f"{CHECKPOINTS}/*.p256"))
    _respell(place, high_s)
    command: list[str | Path] = [
        require_tool("openssl"),
        "dgst",
        "-sha256",
        "-verify",
        key,
        "-signature",
        place,
    ]
    subprocess.run([*command, place.with_suffix("")], check=True, stdout=subprocess.DEVNULL)


def test_of_a_release(releases: dict[str, Path], tmp_path: Path) -> None:
    """release.json.p256 is held to the same."""
    place = copy(releases["whole"], tmp_path)
    _respell(place / "release.json.p256", high_s)
    assert _is_refused(run_script(place), "release.json.p256")


@pytest.mark.parametrize("shell", ["dash", "busybox sh", "bash --posix"])
def test_in_every_shell(signed: World, require_tool: Tool, shell: str) -> None:
    """No shell's own ways are used."""
    require_tool(shell.partition(" ")[0])
    place = max(signed.root.glob(f"{CHECKPOINTS}/*.p256"))
    _respell(place, high_s)
    shown = place.relative_to(signed.root).as_posix()
    assert _is_refused(run_script(signed.root, shell=shell.split()), shown)


@pytest.mark.parametrize("awk", ["busybox awk", "original-awk", "mawk"])
def test_with_every_awk(signed: World, tmp_path: Path, require_tool: Tool, awk: str) -> None:
    """64 hex digits are compared as a text: no awk takes them for a number."""
    require_tool(awk.partition(" ")[0])
    put_tool(tmp_path, "awk", f'#!/bin/sh\nexec {awk} "$@"\n')
    path = f"{tmp_path}{os.pathsep}{os.environ['PATH']}"
    place = max(signed.root.glob(f"{CHECKPOINTS}/*.p256"))
    assert run_script(signed.root, path=path).code == 0
    _respell(place, high_s)
    shown = place.relative_to(signed.root).as_posix()
    assert _is_refused(run_script(signed.root, path=path), shown)


def test_with_busybox_alone(signed: World, bare_path: Path, require_tool: Tool) -> None:
    """A small system: every tool but jq and openssl is busybox's own."""
    busybox = require_tool("busybox")
    for name in POSIX_TOOLS:
        (bare_path / name).unlink()
        (bare_path / name).symlink_to(busybox)
    assert run_script(signed.root, path=str(bare_path)).code == 0
    place = max(signed.root.glob(f"{CHECKPOINTS}/*.p256"))
    _respell(place, high_s)
    shown = place.relative_to(signed.root).as_posix()
    assert _is_refused(run_script(signed.root, path=str(bare_path)), shown)


def test_with_an_openssl_that_knows_p256_alone(signed: World, bare_path: Path) -> None:
    """LibreSSL: the signature that stands in for Ed25519's has one spelling too."""
    put_old_openssl(bare_path)
    place = max(signed.root.glob(f"{CHECKPOINTS}/*.p256"))
    _respell(place, high_s)
    shown = place.relative_to(signed.root).as_posix()
    assert _is_refused(run_script(signed.root, path=str(bare_path)), shown)


def test_the_bound_is_half_of_the_order() -> None:
    """The digits in the script are those of the format: n is odd, so that half is rounded down."""
    script = Path(__file__).resolve().parents[2] / "receipts/verify.sh"
    assert f"half=00{ORDER // 2:064x} " in script.read_text()
