"""The example workspace gives the same bytes in every clone.

`DISTILL_RENEW_GOLDEN=1 pytest tests/golden` writes the digests anew, for a change that is meant.
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from distill.receipts.digest import digest_file

GOLDEN = Path(__file__).with_name("example_outputs.json")
_INPUTS = ("examples", "reviews", "distill.toml")
_OUTPUTS = ("data/evidence", "data/scored", "exports", "quarantine")


def _run(repository: Path, root: Path, environment: Mapping[str, str]) -> dict[str, str]:
    """Run a copy of the example workspace in a process of its own; return its outputs' digests."""
    for name in _INPUTS:
        source = repository / name
        if source.is_dir():
            shutil.copytree(source, root / name)
        elif source.exists():
            root.mkdir(parents=True, exist_ok=True)
            shutil.copy(source, root / name)
    subprocess.run(
        [sys.executable, "-m", "distill.cli", "run", "-q", "--workspace", str(root)],
        env={**os.environ, **environment},
        cwd=repository,
        check=True,
    )
    files = (path for name in _OUTPUTS for path in sorted((root / name).rglob("*")))
    return {p.relative_to(root).as_posix(): digest_file(p).hex for p in files if p.is_file()}


def test_the_example_gives_the_golden_digests(repository: Path, tmp_path: Path) -> None:
    """Every output of the five stages has the recorded digest."""
    found = _run(repository, tmp_path / "one", {})
    if os.environ.get("DISTILL_RENEW_GOLDEN"):
        GOLDEN.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    assert found == json.loads(GOLDEN.read_text(encoding="utf-8"))


def test_place_language_time_zone_and_hash_seed_change_nothing(
    repository: Path, tmp_path: Path
) -> None:
    """Another folder, locale, time zone and hash seed: the same bytes."""
    odd = {"PYTHONHASHSEED": "4711", "LC_ALL": "C", "TZ": "Pacific/Kiritimati"}
    found = _run(repository, tmp_path / "an other place", odd)
    assert found == json.loads(GOLDEN.read_text(encoding="utf-8"))
