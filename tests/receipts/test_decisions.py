"""Remembered decisions: what must be noticed although nothing is looked at, and what it costs."""

import json
import os
from pathlib import Path

import pytest

from distill.receipts.journal import Journal
from distill.receipts.stat_cache import StatCache
from tests.receipts.conftest import lay_out, remembered
from tests.receipts.project import DRIVER, Project

HEAVY = (
    "asyncio",
    "cryptography",
    "duckdb",
    "email",
    "git",
    "importlib.metadata",
    "prefect",
    "pydantic",
    "subprocess",
    "zipfile",
    "distill.receipts.execution",
    "distill.receipts.incremental",
    "distill.receipts.reader",
    "distill.receipts.survey",
    "distill.receipts.code.syntax",
)
TOLD = f"""
import atexit, sys
atexit.register(lambda: print([name for name in {HEAVY} if name in sys.modules], file=sys.stderr))
"""


@pytest.fixture
def known(tmp_path: Path) -> Project:
    """A project with a dependency and a data file, whose stage was run and skipped."""
    made = lay_out(tmp_path)
    stage = made.root / "pipeline/stage.py"
    reads = 'from importlib.resources import files\nimport other\nTEXT = files("pipeline")\n'
    stage.write_text(stage.read_text().replace("import json\n", f"import json\n{reads}"))
    made.write("pipeline/words.txt", "one\n")
    made.write("unrelated.py", "A = 1\n")
    made.write("site-packages/other.py", "")
    made.write("site-packages/other-1.dist-info/METADATA", _metadata("1"))
    made.write("site-packages/other-1.dist-info/top_level.txt", "other\n")
    ahead = Project(made.root, f"import sys; sys.path.append({str(tmp_path / 'site-packages')!r})")
    assert ahead.run()["status"] == "ran"
    return remembered(ahead)


def _metadata(version: str) -> str:
    return f"Metadata-Version: 2.1\nName: other\nVersion: {version}\n"


def test_a_remembered_skip_imports_nothing_that_it_does_not_use(project: Project) -> None:
    """Neither a library, nor what only a run or a look needs."""
    project.run()
    process = remembered(project).start(prelude=TOLD)
    answer, told = process.communicate(timeout=60)
    assert json.loads(answer)["status"] == "skipped"
    assert told.strip() == "[]"


def test_what_a_skip_tells_is_the_same(known: Project) -> None:
    """The reason and the receipt are those of the look that is remembered."""
    told = known.run()
    (known.root / ".distill/stat-cache").unlink()
    assert known.run() == told


EDITS = {
    "an input": ("logs/a.jsonl", '{"a": 9}\n', "input logs/a.jsonl changed"),
    "a helper": ("pipeline/helper.py", "def change(line):\n    return line\n", "code changed"),
    "a data file": ("pipeline/words.txt", "two\n", "code changed: pipeline/words.txt"),
    "a new data file": ("pipeline/more/words.txt", "two\n", "code added"),
    "a distribution": (
        "site-packages/other-1.dist-info/METADATA",
        _metadata("2"),
        "distribution other 1 → 2",
    ),
    "an output": ("out/rows/a.jsonl", "mine\n", "output out/rows/a.jsonl was changed"),
}


@pytest.mark.parametrize("edit", EDITS)
def test_an_edit_is_noticed(known: Project, edit: str) -> None:
    """Whatever the decision was made from; the places where nothing was found count too."""
    path, text, reason = EDITS[edit]
    known.write(path, text)
    again = known.run()
    assert again["status"] == "ran"
    assert again["reason"].startswith(reason)


def test_an_option_of_python_is_noticed(known: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """``-O`` leaves out asserts: the same files are other code."""
    monkeypatch.setenv("PYTHONOPTIMIZE", "1")
    again = known.run()
    assert again["status"] == "ran"
    assert again["reason"].endswith(" -O")


ASKED = """
import sys
from distill.receipts import look
def installed(cache):
    print("asked", file=sys.stderr)
look.installed_token = installed
"""


@pytest.mark.parametrize(("edit", "asked"), [("an input", ""), ("a helper", "asked")])
def test_where_an_input_changed_nothing_else_is_asked_for(
    known: Project, edit: str, asked: str
) -> None:
    """A log that grew is told by its own status, and what is installed costs a hundred files'."""
    known.write(*EDITS[edit][:2])
    process = known.start(prelude=ASKED)
    answer, told = process.communicate(timeout=60)
    assert json.loads(answer)["status"] == "ran"
    assert told.strip().partition("\n")[0] == asked


def test_a_skip_is_not_for_a_process_with_the_code_of_before(known: Project) -> None:
    """It imported a helper; then that was edited, and others ran the new code and remember it."""
    others = f"{known.clock}\n{DRIVER}"
    process = known.start(
        prelude=f"""
import pipeline.stage, subprocess, sys
from pathlib import Path
helper = Path("pipeline/helper.py")
helper.write_text(helper.read_text().replace("upper", "title"))
for _ in range(2):
    subprocess.run([sys.executable, "-c", {others!r}], check=True, stdout=subprocess.DEVNULL)
"""
    )
    answer, told = process.communicate(timeout=60)
    assert "pipeline/helper.py was edited after this process loaded it" in answer + told
    assert known.run()["status"] == "skipped"


def test_a_module_that_takes_another_s_place_is_noticed(project: Project) -> None:
    """What was looked for and not found decided too: a package comes before a module."""
    project.run()
    known = remembered(project)
    known.write("pipeline/helper/__init__.py", "def change(line):\n    return line\n")
    reason = known.run()["reason"]
    assert reason == "code removed: pipeline/helper.py; code added: pipeline/helper/__init__.py"


def test_what_decides_nothing_reruns_nothing(known: Project) -> None:
    """A touched input, a comment, another module, a file beside, another folder's entry."""
    os.utime(known.root / "logs/a.jsonl")
    helper = known.root / "pipeline/helper.py"
    helper.write_text("# why\n" + helper.read_text())
    known.write("unrelated.py", "A = 2\n")
    known.write("new.txt", "")
    assert known.run()["status"] == "skipped"
    assert known.runs == 1


def test_what_a_killed_run_began_is_finished_before_a_skip(known: Project) -> None:
    """Whatever stage left the journal: the files that a skip stands for may be half moved."""
    token = "0" * 16
    left = f"logs/.x.{token}.partial"
    known.write(left, "half")
    Journal("other-0000", token, "open", (left,)).write(known.workspace)
    assert known.run()["status"] == "skipped"
    assert known.leftovers() == []


def test_a_link_in_an_output_s_place_is_noticed(known: Project) -> None:
    """Even to the very file that was there."""
    place = known.root / "out/rows/a.jsonl"
    place.rename(known.root / "elsewhere.jsonl")
    place.symlink_to(known.root / "elsewhere.jsonl")
    assert known.run()["plan"][1] == "output out/rows/a.jsonl is a link"


@pytest.mark.parametrize("damage", [b"", b"junk", None])
def test_a_damaged_cache_is_only_slow(known: Project, damage: bytes | None) -> None:
    """So is one that is gone, or from another machine."""
    place = known.root / ".distill/stat-cache"
    content = place.read_bytes()
    place.write_bytes(content[:-1] + b"x" if damage is None else damage)
    assert known.run()["status"] == "skipped"
    assert known.runs == 1


@pytest.mark.parametrize("value", ["", "x", "{}", "[]", "1", '{"grounds":{"more":1}}'])
def test_a_cache_of_another_version_is_only_slow(known: Project, value: str) -> None:
    """Sound as a whole, and of another form inside."""
    cache = StatCache.read(known.workspace)
    for name in cache.names():
        entry = cache.entry_of(name)
        assert entry is not None
        if not name.startswith(("logs/", "out/")):
            cache.keep(name, entry[0], value)
    cache.write(known.workspace)
    assert known.run()["status"] == "skipped"
    assert known.runs == 1
