"""Files that a module reads when it is imported count as its code does."""

import os
from pathlib import Path

import pytest

from tests.processes import run_script
from tests.receipts.project import AN_HOUR_AHEAD

PLAIN = """
from pathlib import Path
from distill.receipts import InFile, OutFile, with_receipt
HEAD

@with_receipt(stage="say", version=1)
def say(log: InFile, out: OutFile) -> None:
    out.write_text(WORDS)
"""
RECORD = """
from pathlib import Path
from distill.receipts import with_receipt_per_record
HEAD

@with_receipt_per_record(stage="say", version=1)
def say(record: bytes) -> bytes:
    return WORDS.encode()
"""
CALLS = {
    PLAIN: 'say(Path("log.txt"), Path("out.txt"))',
    RECORD: 'say(read=Path("log.txt"), write="rows")',
}
SHOW = """
def show(*between):
    try:
        for one in between:
            one()
        outcome = CALL
        text = outcome.outputs[0].path
        print(outcome.status, outcome.reason.split(";")[0], "=", Path(text).read_text().strip())
    except DistillError as error:
        print(error.message.replace(str(Path.cwd()) + "/", ""), "|", error.hint)
"""
READ = 'WORDS = Path("words.txt").read_text()'
KEPT = "skipped inputs, code, parameters and environment unchanged"


class Desk:
    """A workspace with a stage, whose words another file holds."""

    def __init__(self, root: Path, form: str) -> None:
        self.root, self.form = root, form
        (root / "distill.toml").touch()
        (root / "log.txt").write_text("a\n")
        (root / "words.txt").write_text("old")

    def stage(self, head: str, script: str = "", driver: str = "show()") -> None:
        """Write a stage's module with this head, and a script with another that calls it."""
        (self.root / "stages.py").write_text(self.form.replace("HEAD", head))
        self.script(f"{script}\nfrom stages import say\n", driver)

    def script(self, text: str, driver: str = 'if __name__ == "__main__":\n    show()') -> None:
        """Write a script that has or imports the stage, and calls it."""
        show = SHOW.replace("CALL", CALLS[self.form])
        head = "from pathlib import Path\nfrom distill.errors import DistillError\n"
        (self.root / "run.py").write_text(f"{AN_HOUR_AHEAD}{head}{text}{show}\n{driver}\n")

    def run(self, *options: str) -> str:
        """Run the script in a process of its own, and return what it printed."""
        return run_script(self.root / "run.py", options).strip()


@pytest.fixture(params=[PLAIN, RECORD], ids=["plain", "records"])
def desk(tmp_path: Path, request: pytest.FixtureRequest) -> Desk:
    """A workspace whose stage was never called."""
    return Desk(tmp_path, request.param)


def _helper(desk: Desk) -> None:
    (desk.root / "helper.py").write_text(f"from pathlib import Path\n{READ}\n")
    desk.stage("from helper import WORDS")


def _reader(desk: Desk) -> None:
    reads = "from pathlib import Path\ndef read(name):\n    return Path(name).read_text()\n"
    (desk.root / "helper.py").write_text(reads)
    desk.stage('from helper import read\nWORDS = read("words.txt")')


def _layout(desk: Desk) -> None:
    package = desk.root / "src" / "inner"
    package.mkdir(parents=True)
    (package / "__init__.py").touch()
    text = 'WORDS = (Path(__file__).parents[2] / "words.txt").read_text()'
    (package / "helper.py").write_text(f"from pathlib import Path\n{text}\n")
    desk.stage("from inner.helper import WORDS", 'import sys\nsys.path.insert(0, "src")')


def _script(desk: Desk) -> None:
    desk.script(desk.form.replace("HEAD", READ))


def _unguarded(desk: Desk) -> None:
    desk.script(desk.form.replace("HEAD", READ), "show()")


WAYS = {
    "the stage's module": lambda desk: desk.stage(READ),
    "to append and read": lambda desk: desk.stage(
        'f = open("words.txt", "a+")\nf.seek(0)\nWORDS = f.read()'
    ),
    "executed": lambda desk: desk.stage(
        'exec(compile("WORDS=" + repr(open("words.txt").read()), "<words>", "exec"))'
    ),
    "a helper": _helper,
    "a helper's function": _reader,
    "beside the sources": _layout,
    "the script": _script,
    "a script without a guard": _unguarded,
}


@pytest.mark.parametrize("way", WAYS)
def test_an_edit_of_what_is_read_on_import_is_seen(desk: Desk, way: str) -> None:
    """Whoever reads it; what stays as it was costs nothing."""
    WAYS[way](desk)
    assert desk.run() == "ran never built = old"
    assert desk.run() == f"{KEPT} = old"
    (desk.root / "words.txt").write_text("new")
    assert desk.run() == "ran code changed: words.txt = new"
    assert desk.run() == f"{KEPT} = new"


def test_a_module_that_is_also_read_as_data_counts_by_its_bytes(desk: Desk) -> None:
    """A comment is nothing to who imports it, and something to who reads it."""
    desk.stage('import words\nWORDS = Path("words.py").read_text().strip().replace("\\n", "")')
    words = desk.root / "words.py"
    words.write_text("A = 1  # old\n")
    assert desk.run() == "ran never built = A = 1  # old"
    assert desk.run() == f"{KEPT} = A = 1  # old"
    words.write_text("A = 1  # new\n")
    assert desk.run() == "ran code changed: words.py = A = 1  # new"


def test_two_files_of_one_name_both_count(desk: Desk) -> None:
    """One lies beside the module, one in the workspace: a receipt gives both the same path."""
    source = desk.root / "src"
    source.mkdir()
    text = 'WORDS = "+".join(Path(p).read_text() for p in ["words.txt", "src/words.txt"])'
    (source / "helper.py").write_text(f"from pathlib import Path\n{text}\n")
    desk.stage("from helper import WORDS", 'import sys\nsys.path.insert(0, "src")')
    (source / "words.txt").write_text("inner")
    assert desk.run() == "ran never built = old+inner"
    (source / "words.txt").write_text("other")
    assert desk.run() == "ran code changed: words.txt = old+other"
    (desk.root / "words.txt").write_text("new")
    assert desk.run() == "ran code changed: words.txt = new+other"
    assert desk.run() == f"{KEPT} = new+other"


def test_what_the_script_reads_for_itself_is_no_part(desk: Desk) -> None:
    """Below its guard, or written to, or what says which distributions are installed."""
    head = 'WORDS = "old"\nPath("own.txt").write_text("1")\nimport importlib.metadata as m\n'
    head += 'assert m.version("mine") == "1"'
    (desk.root / "mine.egg-info").mkdir()
    (desk.root / "mine.egg-info" / "PKG-INFO").write_text("Name: mine\nVersion: 1\n")
    body = '    Path("words.txt").read_text()\n    show()\n    list(Path("log.txt").open())'
    desk.script(desk.form.replace("HEAD", head), f'if __name__ == "__main__":\n{body}\n')
    assert desk.run() == "ran never built = old"
    (desk.root / "words.txt").write_text("new")
    (desk.root / "own.txt").write_text("2")
    (desk.root / "mine.egg-info" / "PKG-INFO").write_text("Name: mine\nVersion: 1\n\nmore\n")
    assert desk.run() == f"{KEPT} = old"


def test_an_edit_after_the_import_is_refused(desk: Desk) -> None:
    """What was read would run under the name of what is there now; a reload makes it good."""
    desk.stage(READ, driver='show(lambda: Path("words.txt").write_text("new!"))')
    told = desk.run()
    assert told.startswith("words.txt was written to after stages.py had read it, on import")
    assert "start the process again" in told
    assert not (desk.root / "out.txt").exists()
    again = "import importlib, stages\nimportlib.reload(stages)\nsay = stages.say\n"
    write = 'Path("words.txt").write_text("newer")\n'
    desk.stage(READ, driver=f"{write}{again}show()")
    assert desk.run() == "ran never built = newer"


def test_a_touch_after_the_import_is_no_edit(desk: Desk) -> None:
    """Nor are the same bytes written again; a file that is gone is one."""
    same = 'Path("words.txt").write_text("old")'
    desk.stage(READ, driver=f"show(lambda: {same})")
    assert desk.run() == "ran never built = old"
    assert desk.run() == f"{KEPT} = old"
    desk.stage(READ, driver='show(lambda: Path("words.txt").unlink())')
    assert desk.run().startswith("words.txt was written to after stages.py had read it")


def test_what_is_no_plain_file_is_opened_as_ever(desk: Desk) -> None:
    """A device, a pipe, what may not be read and what is not there: the module sees no more."""
    os.mkfifo(desk.root / "pipe")
    head = """
import os, threading
WORDS = "old"
open("/dev/urandom", "rb").read(1)
threading.Thread(target=lambda: open("pipe", "w").close()).start()
assert open("pipe").read() == ""
try:
    open("nowhere")
except FileNotFoundError:
    pass
"""
    desk.stage(head)
    assert desk.run() == "ran never built = old"
    assert desk.run() == f"{KEPT} = old"


def test_one_process_that_read_it_and_one_that_did_not(desk: Desk) -> None:
    """A decision rests on what the process read: another one's is not taken for it."""
    head = 'import os\nWORDS = Path("words.txt").read_text() if "READ" in os.environ else "none"'
    desk.stage(head)
    assert desk.run() == "ran never built = none"
    assert desk.run() == f"{KEPT} = none"
    os.environ["READ"] = "1"
    try:
        assert desk.run() == "ran code added: words.txt = old"
    finally:
        del os.environ["READ"]
    assert desk.run() == "ran code removed: words.txt = none"
