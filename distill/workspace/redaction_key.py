"""The file of a workspace's redaction key: 64 hex digits; lines that begin with ``#`` are remarks.

The key is private: who has it can tell which value a placeholder stands for by trying. It is made
when it is first needed, its owner alone may read it, git ignores it, and nothing copies it: no
receipt, no release.
"""

import os
import re
import secrets
from pathlib import Path
from typing import Final

from distill.errors import ConfigurationError
from distill.firewall.redaction import RedactionKey
from distill.receipts.git.out_of_git import keep_out_of_git

KEY_FILE: Final = ".distill/redaction.key"

_PRIVATE_MODE: Final = 0o600
_DIGITS: Final = re.compile(r"[0-9a-f]{64}")
_REMARK: Final = (
    "# The redaction key of this workspace: private. Keep it where the logs are kept.\n"
    "# Without it the same logs get other placeholders.\n"
)


def read_key(path: Path) -> RedactionKey | None:
    """Return the key in a file, null where there is no file.

    Raises:
        ConfigurationError: the file can't be read, or holds no key.
    """
    try:
        text = path.read_text(encoding="ascii")
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(
            f"the redaction key {path} can't be read", "it must be a text file that you may read"
        ) from error
    lines = [line.strip() for line in text.splitlines()]
    held = [line for line in lines if line and not line.startswith("#")]
    if len(held) != 1 or not _DIGITS.fullmatch(held[0]):
        raise ConfigurationError(
            f"{path} holds no redaction key",
            "it has one line of 64 hex digits, such as `openssl rand -hex 32` gives",
        )
    return RedactionKey(bytes.fromhex(held[0]))


def made_key(path: Path) -> RedactionKey:
    """Return the key in a file, which is made where there is none; two that make it get one.

    Raises:
        ConfigurationError: the file holds no key, or can't be written.
    """
    found = read_key(path)
    if found is not None:
        return found
    partial = path.with_name(f"{path.name}.{os.getpid()}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, _PRIVATE_MODE)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(f"{_REMARK}{secrets.token_hex(32)}\n")
            file.flush()
            os.fsync(file.fileno())
        _link(partial, path)
        keep_out_of_git(path.parent)
    except OSError as error:
        raise ConfigurationError(
            f"the redaction key {path} can't be written: {error.strerror}",
            "make its folder writable, or name a key: redaction_key in [firewall]",
        ) from error
    finally:
        partial.unlink(missing_ok=True)
    return made_key(path)


def _link(partial: Path, path: Path) -> None:
    """Give a whole file its name, unless another process was first."""
    try:
        path.hardlink_to(partial)
    except FileExistsError:
        return
    except OSError:  # a file system without links
        partial.replace(path)
