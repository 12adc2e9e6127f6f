"""Trust tests 1 and 7 on the five stages of a workspace: edited code, and what it meddles with."""

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

import distill
from distill.receipts import Workspace
from distill.receipts.store import ReceiptStore
from tests.workspaces import MAPPED, VERDICT, lines, make_workspace, row

ROWS = [row("t1", "right"), row("t1", "wrong", passed=False)]
RESULT = ("ran", "skipped")


@dataclass(frozen=True)
class Copied:
    """A copy of Distill's code, and a workspace that it works on."""

    code: Path
    root: Path

    def start(self, *arguments: str, status: int = 0) -> subprocess.CompletedProcess[str]:
        """Run a command with the copy, which must end with this status."""
        done = subprocess.run(
            [sys.executable, "-m", "distill.cli", *arguments, "--workspace", str(self.root)],
            env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
            cwd=self.code,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == status, done.stderr
        return done

    def call(self, *arguments: str) -> str:
        """Run a command with the copy, and return what it printed."""
        return self.start(*arguments).stdout

    def ran(self) -> dict[str, str]:
        """Run all stages and return those that did not skip, with the reason."""
        told = (line.split(": ", 2) for line in self.call("run").splitlines())
        return {parts[0]: parts[2] for parts in told if parts[1:2] == ["ran"]}

    def add(self, name: str, text: str) -> None:
        """Append a text to a file of the copy."""
        with (self.code / "distill" / name).open("a") as file:
            file.write(text)

    def outputs(self, stage: str) -> dict[str, bytes]:
        """Return the bytes of what the newest passing receipt of a stage names, by path."""
        passed = ReceiptStore(Workspace(self.root)).newest_passed(stage)
        assert passed is not None
        return {one.path: (self.root / one.path).read_bytes() for one in passed.claim.outputs}

    def edit(self, name: str, old: str, new: str) -> None:
        """Replace a text in a file of the copy."""
        file = self.code / "distill" / name
        text = file.read_text()
        assert old in text
        file.write_text(text.replace(old, new, 1))


@pytest.fixture(scope="module")
def ran_once(tmp_path_factory: pytest.TempPathFactory) -> Copied:
    """A copy whose five stages have run once, to be copied and not touched."""
    folder = tmp_path_factory.mktemp("ran")
    root, code = folder / "workspace", folder / "code"
    make_workspace(root, MAPPED + VERDICT, {"logs/a.jsonl": lines(ROWS)})
    source = Path(distill.__file__).parent
    shutil.copytree(source, code / "distill", ignore=shutil.ignore_patterns("__pycache__"))
    made = Copied(code, root)
    assert len(made.ran()) == 5
    return made


@pytest.fixture
def copied(ran_once: Copied, tmp_path: Path) -> Copied:
    """A copy of its own whose five stages have run once."""
    code, root = tmp_path / "code", tmp_path / "workspace"
    return Copied(shutil.copytree(ran_once.code, code), shutil.copytree(ran_once.root, root))


def test_an_edited_helper_reruns_the_stages_that_reach_it(copied: Copied) -> None:
    """An undeclared helper counts, and is explained; a comment, or another stage's, does not."""
    copied.edit("exports/rendering.py", "from collections", "# a comment\nfrom collections")
    assert copied.ran() == {}
    copied.edit("exports/rendering.py", 'f"[{message.role}]"', 'f"<{message.role}>"')
    explained = json.loads(copied.call("status", "--explain", "--json"))["explained"]
    parts = {one["stage"]: one["parts"] for one in explained}
    assert [part["part"] for part in parts["export_rag"]] == ["code:distill/exports/rendering.py"]
    assert parts["export_rag"][0]["functions"] == ["_turn"]
    assert parts["export_sft"] == parts["export_preference"] == []
    ran = copied.ran()
    assert list(ran) == ["export_rag"]
    assert "distill/exports/rendering.py" in ran["export_rag"]
    assert "<user>" in (copied.root / "exports/rag/train-00000.jsonl").read_text()


def test_another_stage_s_module_counts_for_that_stage_alone(copied: Copied) -> None:
    """An exporter is no business of the others."""
    copied.add("exports/sft.py", "\nADDED = 1\n")
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


EXPORTS = {"export_rag", "export_sft", "export_preference"}
HELPERS = {
    "sources/messages.py": ("build_evidence_index", set()),
    "scoring/decide.py": ("score_runs", set()),
    "exports/rag.py": ("export_rag", set()),
    "exports/sft.py": ("export_sft", set()),
    "exports/preference.py": ("export_preference", set()),
    "exports/rows.py": ("export_rag", EXPORTS),
}


@pytest.mark.parametrize("helper", HELPERS)
def test_a_module_that_nobody_declared_reruns_its_stage(copied: Copied, helper: str) -> None:
    """Trust test 1 for each stage: its reason names the file; equal outputs end the ripple."""
    stage, besides = HELPERS[helper]
    copied.add(helper, "\nADDED = 1\n")
    ran = copied.ran()
    assert set(ran) == {stage} | besides
    assert f"distill/{helper}" in ran[stage]


MEDDLING = """
def _meddling(called):
    def call(*given, **named):
        with open({victim!r}, "ab") as file:
            file.write(b"\\n")
        return called(*given, **named)

    return call


{function} = _meddling({function})
"""
SCORED = "data/scored/agents/part-00000.jsonl"
# Which input of a stage changes, and which function of the stage is called when it does.
MEDDLED = {
    "build_evidence_index": ("logs/a.jsonl", "sources/assemble.py", "assemble"),
    "score_runs": ("data/evidence/agents/part-00000.jsonl", "scoring/decide.py", "decide"),
    "export_rag": (SCORED, "exports/rag.py", "_row"),
    "export_sft": (SCORED, "exports/sft.py", "_row"),
    "export_preference": (SCORED, "exports/preference.py", "_row"),
}


@pytest.mark.parametrize("stage", MEDDLED)
def test_an_input_that_changes_while_its_stage_runs(copied: Copied, stage: str) -> None:
    """Trust test 7 for each stage: no passing receipt, a named file, outputs as they were."""
    path, module, function = MEDDLED[stage]
    receipts = ReceiptStore(Workspace(copied.root))
    passed = receipts.newest_passed(stage)
    before = copied.outputs(stage)
    copied.add(module, MEDDLING.format(victim=str(copied.root / path), function=function))
    told = copied.start("run", status=3).stderr
    assert path in told
    assert "changed while" in told
    newest = receipts.newest(stage)
    assert newest is not None
    assert not newest.passed
    assert receipts.newest_passed(stage) == passed
    assert copied.outputs(stage) == before
