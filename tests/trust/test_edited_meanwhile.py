"""Code that is edited after it was loaded, and Python's options that make other code of a file."""

import os
import sys
import time
from pathlib import Path

import pytest

from tests.processes import run_script

PLAIN = """
FIRST
import words
from distill.receipts import InFile, OutDir, with_receipt

OWN = "own"

@with_receipt(stage="say", version=1)
def say(*, read: InFile, write: OutDir) -> None:
    LATE
    (write / "said").write_text(words.word() + OWN)
"""
FORM = """
FIRST
import words
from distill.receipts import with_receipt_per_record

OWN = "own"

@with_receipt_per_record(stage="say", version=1)
def say(record):
    LATE
    return (words.word() + OWN).encode()
"""
WORDS = "LIMIT = 'old'\n\n\ndef word():\n    return 'w' + LIMIT\n"
RUN = """
import os, sys, time, importlib
from pathlib import Path
from distill.errors import CodeStateError
import stages

def write(name, old, new):
    path = Path(name)
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))

def call():
    try:
        done = stages.say(read="in.jsonl", write="out")
    except CodeStateError as error:
        return error.message
    texts = [one.read_text().strip() for one in sorted(Path("out").iterdir())]
    return done.status + " " + "".join(texts)

if __name__ == "__main__":
    exec(os.environ["DO"])
"""
EDITED = "the code {} was edited after this process loaded it"


class Folder:
    """A workspace with a stage, and processes in it."""

    def __init__(self, root: Path, form: str, first: str = "") -> None:
        self.root, self.form = root, form
        (root / "distill.toml").touch()
        (root / "in.jsonl").write_text("{}\n")
        (root / "run.py").write_text(RUN)
        (root / "words.py").write_text(WORDS)
        self.put(first=first)
        ago = time.time() - 3600
        for file in root.glob("*.py"):  # a file's ctime is what it is, and is young
            os.utime(file, (ago, ago))

    def put(self, first: str = "", late: str = "pass") -> None:
        """Write the stage's module."""
        text = self.form.replace("FIRST", first).replace("LATE", late)
        (self.root / "stages.py").write_text(text)

    def do(self, *lines: str, options: tuple[str, ...] = ()) -> list[str]:
        """Do some lines in a process of its own, and return the lines that it printed."""
        told = run_script(
            self.root / "run.py", options, DO="\n".join(lines), PYTHONDONTWRITEBYTECODE="1"
        )
        return told.splitlines()


@pytest.fixture(params=[PLAIN, FORM], ids=["plain", "records"])
def folder(tmp_path: Path, request: pytest.FixtureRequest) -> Folder:
    """A workspace with a stage that was never called."""
    return Folder(tmp_path, request.param)


EDITS = {
    "a helper's constant": ("words.py", "'old'", "'new'"),
    "a helper's function": ("words.py", "'w'", "'W'"),
    "the stage's own constant": ("stages.py", '"own"', '"OWN"'),
    "the stage's own function": ("stages.py", "+ OWN", "+ OWN * 2"),
}


@pytest.mark.parametrize("edit", EDITS)
@pytest.mark.parametrize("is_first", [True, False], ids=["before distill", "after"])
def test_an_edit_between_import_and_first_call(
    folder: Folder, edit: str, *, is_first: bool
) -> None:
    """The old code would run under the new code's name: nothing is recorded, nothing is skipped."""
    name, old, new = EDITS[edit]
    first = "import words" if is_first else "from distill.receipts import with_receipt as _"
    folder.put(first=first)
    told = folder.do(f"write({name!r}, {old!r}, {new!r})", "print(call())", "print(call())")
    assert told == [EDITED.format(name)] * 2
    assert not (folder.root / "out").exists()
    (again,) = folder.do("print(call())")
    assert again.startswith("ran ")
    (skipped,) = folder.do("print(call())")
    assert skipped == again.replace("ran", "skipped")


@pytest.mark.parametrize("edit", EDITS)
def test_an_edit_where_the_next_process_knows_a_skip(folder: Folder, edit: str) -> None:
    """Neither the key of the old code nor that of the new one stands for what did not run."""
    name, old, new = EDITS[edit]
    (before,) = folder.do("print(call())")
    time.sleep(0.05)
    assert folder.do(f"write({name!r}, {old!r}, {new!r})", "print(call())") == [EDITED.format(name)]
    (after,) = folder.do("print(call())")
    assert after.startswith("ran ")
    assert after != before


@pytest.mark.parametrize("first", ["", "from distill.receipts import with_receipt as _"])
@pytest.mark.parametrize(
    "line",
    [
        "os.utime('words.py')",
        "os.chmod('words.py', 0o600)",
        "write('words.py', 'LIMIT =', '# a comment\\nLIMIT =')",
        "write('words.py', 'LIMIT', 'LIMIT')",
        "Path('new.py').write_text(Path('words.py').read_text()); os.replace('new.py', 'words.py')",
    ],
    ids=["touch", "chmod", "comment", "same bytes", "another file"],
)
def test_what_changes_no_code_is_no_edit(folder: Folder, line: str, first: str) -> None:
    """A file that was only touched is compared as code, imported before the engine or after."""
    folder.put(first=first)
    assert folder.do(line, "print(call())") == ["ran woldown"]
    assert folder.do("print(call())") == ["skipped woldown"]


def test_a_reload_runs_what_the_file_says(folder: Folder) -> None:
    """Edited and loaded anew: before the first call, and between two."""
    told = folder.do(
        "import words",
        "write('words.py', 'old', 'new')",
        "importlib.reload(words)",
        "print(call())",
        "write('words.py', 'new', 'newest')",
        "print(call())",
        "importlib.reload(words)",
        "print(call())",
    )
    assert told == ["ran wnewown", EDITED.format("words.py"), "ran wnewestown"]
    assert folder.do("print(call())") == ["skipped wnewestown"]


def test_a_module_that_is_imported_by_the_call(folder: Folder) -> None:
    """Edited before, it is what runs; edited after, it is noticed in a second call."""
    (folder.root / "late.py").write_text("MORE = 1\n")
    folder.put(late="import late, words; words.LIMIT = str(late.MORE)")
    told = folder.do(
        "write('late.py', '1', '2')",
        "print(call())",
        "write('late.py', '2', '3')",
        "print(call())",
    )
    assert told == ["ran w2own", EDITED.format("late.py")]
    assert folder.do("print(call())") == ["ran w3own"]


def test_a_module_that_is_edited_before_the_call_imports_it(folder: Folder) -> None:
    """After the key was made, and before it is imported: the run is refused."""
    (folder.root / "late.py").write_text("MORE = 1\n")
    folder.put(late="import os; open('late.py', 'w').write('MORE = 2'); import late")
    (told,) = folder.do("print(call())")
    assert told.endswith("late.py was edited while a stage ran that may import it")
    assert not (folder.root / "out").exists()


@pytest.mark.parametrize("option", ["-O", "-OO"])
def test_asserts_are_left_out_by_an_option(folder: Folder, option: str) -> None:
    """The same files are other code: another key, which status can name, and back again."""
    folder.put(late="global OWN; OWN = str(__debug__)")
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    reason = "print(stages.say.plan(read='in.jsonl', write='out').reason)"
    assert folder.do("print(call())") == ["ran woldTrue"]
    assert folder.do("print(call())") == ["skipped woldTrue"]
    assert folder.do(reason, options=(option,)) == [f"Python {version} → {version} {option}"]
    assert folder.do("print(call())", options=(option,)) == ["ran woldFalse"]
    assert folder.do("print(call())", options=(option,)) == ["skipped woldFalse"]
    assert folder.do("print(call())") == ["ran woldTrue"]
