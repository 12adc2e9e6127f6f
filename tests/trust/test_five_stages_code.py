"""Trust test 1 on the five stages of a workspace: what of code and environment counts."""

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

import distill
from tests.workspaces import MAPPED, VERDICT, lines, make_workspace, row

ROWS = [row("t1", "right"), row("t1", "wrong", passed=False)]
RESULT = ("ran", "skipped")


@dataclass(frozen=True)
class Copied:
    """A copy of Distill's code, and a workspace that it works on."""

    code: Path
    root: Path

    def call(self, *arguments: str) -> str:
        """Run a command with the copy, and return what it printed."""
        done = subprocess.run(
            [sys.executable, "-m", "distill.cli", *arguments, "--workspace", str(self.root)],
            env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
            cwd=self.code,
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout

    def ran(self) -> dict[str, str]:
        """Run all stages and return those that did not skip, with the reason."""
        told = (line.split(": ", 2) for line in self.call("run").splitlines())
        return {parts[0]: parts[2] for parts in told if parts[1:2] == ["ran"]}

    def edit(self, name: str, old: str, new: str) -> None:
        """Replace a text in a file of the copy."""
        file = self.code / "distill" / name
        text = file.read_text()
        assert old in text
        file.write_text(text.replace(old, new, 1))


@pytest.fixture
def copied(tmp_path: Path) -> Copied:
    """A copy whose five stages have run once."""
    root, code = tmp_path / "workspace", tmp_path / "code"
    make_workspace(root, MAPPED + VERDICT, {"logs/a.jsonl": lines(ROWS)})
    source = Path(distill.__file__).parent
    shutil.copytree(source, code / "distill", ignore=shutil.ignore_patterns("__pycache__"))
    made = Copied(code, root)
    assert len(made.ran()) == 5
    return made


def test_an_edited_helper_reruns_the_stages_that_reach_it(copied: Copied) -> None:
    """An undeclared helper counts, and is explained; a comment, or another stage's, does not."""
    copied.edit("exports/rendering.py", "from collections", "# a comment\nfrom collections")
    assert copied.ran() == {}
    copied.edit("exports/rendering.py", 'f"[{message.role}]"', 'f"<{message.role}>"')
    explained = json.loads(copied.call("status", "--explain", "--json"))["explained"]
    parts = {one["stage"]: one["parts"] for one in explained}
    assert [part["part"] for part in parts["export_rag"]] == ["code:distill/exports/rendering.py"]
    assert parts["export_rag"][0]["functions"] == ["_lines"]
    assert parts["export_sft"] == parts["export_preference"] == []
    ran = copied.ran()
    assert list(ran) == ["export_rag"]
    assert "distill/exports/rendering.py" in ran["export_rag"]
    assert "<user>" in (copied.root / "exports/rag/train-00000.jsonl").read_text()


def test_another_stage_s_module_counts_for_that_stage_alone(copied: Copied) -> None:
    """An exporter is no business of the others."""
    with (copied.code / "distill/exports/sft.py").open("a") as file:
        file.write("\nADDED = 1\n")
    assert list(copied.ran()) == ["export_sft"]


def test_a_data_file_of_the_package_counts(copied: Copied) -> None:
    """The presets are a table that the readers of logs open."""
    (table,) = (copied.code / "distill/sources").rglob("*.toml")
    table.write_text(table.read_text() + "\n# a data file has no syntax that could be normalised\n")
    ran = copied.ran()
    assert table.name in ran["build_evidence_index"]


def test_an_environment_change_reruns(copied: Copied) -> None:
    """Another version of a library that the stages import."""
    found = copied.code / "pydantic-99.dist-info"
    found.mkdir()
    (found / "METADATA").write_text("Metadata-Version: 2.1\nName: pydantic\nVersion: 99\n")
    ran = copied.ran()
    assert len(ran) == 5
    assert all("distribution pydantic " in reason for reason in ran.values())
