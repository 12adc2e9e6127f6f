"""The page on releases: its transcript and its openssl commands are run."""

import os
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

from tests.docs.transcripts import find_transcript, replace_transcript, run_transcript


def steady(block: str) -> str:
    """Return a transcript with key ids and sizes in one form."""
    return re.sub(r"\bkey [0-9a-f]{8}\b", "key …", re.sub(r"\b[\d,]+ bytes", "… bytes", block))


def test_the_page_is_followed_word_by_word(
    repository: Path, tmp_path: Path, require_tool: Callable[[str], str]
) -> None:
    """The transcript is what the commands print, and openssl accepts an attestation as shown."""
    for entry in ("examples", "distill.toml"):
        source = repository / entry
        copy = shutil.copytree if source.is_dir() else shutil.copy
        copy(source, tmp_path / entry)
    path = repository / "docs" / "releases.md"
    page = path.read_text(encoding="utf-8")
    block = find_transcript(page, "releases")
    told = steady(run_transcript(block, tmp_path))
    if os.environ.get("DISTILL_RENEW_DOCS"):
        path.write_text(replace_transcript(page, "releases", told), encoding="utf-8")
        block = told
    assert told == block
    for tool in ("jq", "openssl"):
        require_tool(tool)
    openssl = re.findall(r"```sh\n(.*?)```", page, re.DOTALL)[-1]
    attest = "distill attest 2026-01 -q && cp receipts/keys/*.attestation.pem KEY.attestation.pem"
    commands = openssl.replace("NAME.attestation", "releases/2026-01.attestation")
    printed = run_transcript(f"$ {attest}\n", tmp_path)
    done = subprocess.run(
        ["bash", "-eu", "-c", commands], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, printed + done.stderr
    assert "Verified OK" in done.stdout
    assert '"release.json"' in done.stdout
