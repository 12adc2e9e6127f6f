"""SSH signatures: `ssh-keygen` reads what is written, and nothing else is read."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from distill.errors import VerificationError
from distill.receipts.sshsig import read_sshsig, signed_bytes, write_sshsig

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
PUBLIC = KEY.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
MESSAGE = b'{"format":"distill.release/1"}\n'


def sign(message: bytes) -> bytes:
    """Return the file of a signature by the key of these tests."""
    return write_sshsig(PUBLIC, KEY.sign(signed_bytes(message)))


def test_ssh_keygen_verifies_it(tmp_path: Path, require_tool: Callable[[str], str]) -> None:
    """OpenSSH accepts the signature over these bytes, and not over others."""
    keygen = require_tool("ssh-keygen")
    public = KEY.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode()
    (tmp_path / "allowed").write_text(f'distill/00 namespaces="distill" {public}\n')
    (tmp_path / "sig").write_bytes(sign(MESSAGE))
    check = [keygen, "-Y", "verify", "-f", "allowed", "-I", "distill/00", "-n", "distill"]
    for message, code in ((MESSAGE, 0), (MESSAGE + b" ", 255)):
        done = subprocess.run([*check, "-s", "sig"], cwd=tmp_path, input=message, check=False)
        assert done.returncode == code


def test_what_is_written_is_read() -> None:
    """The reader gives back the signature."""
    assert read_sshsig(sign(MESSAGE), PUBLIC) == KEY.sign(signed_bytes(MESSAGE))


def test_no_flipped_bit_survives() -> None:
    """Every changed byte is refused by the reader, or is another signature than the key's."""
    content, wanted = sign(MESSAGE), KEY.sign(signed_bytes(MESSAGE))
    for place in range(len(content)):
        changed = content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :]
        try:
            assert read_sshsig(changed, PUBLIC) != wanted
        except VerificationError:
            continue


@pytest.mark.parametrize("content", [b"", b"\n", sign(MESSAGE)[1:], sign(MESSAGE) + b"\n"])
def test_other_files_are_refused(content: bytes) -> None:
    """Nothing but the one spelling is a signature."""
    with pytest.raises(VerificationError):
        read_sshsig(content, PUBLIC)


def test_a_signature_of_another_key_is_refused() -> None:
    """The file names its key, and must name the expected one."""
    with pytest.raises(VerificationError):
        read_sshsig(sign(MESSAGE), bytes(32))
