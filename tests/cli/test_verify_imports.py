"""`distill verify` imports no more than it reads with: half of a small verification is imports."""

import subprocess
import sys
from pathlib import Path

from distill.receipts.scope import workspace_scope
from distill.receipts.workspace import Workspace
from tests.tamper.stages import count

# Neither schedulers and engines, nor what only signatures, releases and the deep check need.
HEAVY = {
    *("prefect", "git", "duckdb", "sqlite3", "pydantic", "orjson", "msgspec", "jiter", "rich"),
    *("cryptography", "importlib.metadata", "email", "concurrent.futures", "logging", "traceback"),
    *("distill.receipts.schema", "distill.receipts.verify.release", "distill.records.row_checks"),
}
PROGRAM = """\
import sys
before = set(sys.modules)
from distill.cli.main import main
code = main(sys.argv[1:])
print(code)
print(sorted(set(sys.modules) - before))
"""


def test_verify_imports_no_more_than_it_reads_with(tmp_path: Path) -> None:
    """Receipts are read without pydantic, files without a pool, and the version is not asked."""
    (tmp_path / "distill.toml").touch()
    (tmp_path / "text").write_text("one\n")
    with workspace_scope(Workspace.find(tmp_path)):
        count(Path("text"), target=Path("exports/count.txt"))
    arguments = ["verify", "-q", "--threads", "2", "--workspace", str(tmp_path)]
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, *arguments], capture_output=True, text=True, check=True
    )
    first, second = done.stdout.splitlines()
    assert first == "0"
    assert {name for name in HEAVY if f"'{name}'" in second} == set()
    assert "'distill.receipts.verify.workspace'" in second
