"""Code that no import names: a stage that opens, loads or is made of it is refused."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from textwrap import indent

import pytest

from tests.conftest import REPOSITORY

FORMS = {
    "plain": """
from distill.receipts import InFile, OutFile, with_receipt

@with_receipt(stage="work", version=1)
def work(log: InFile, *, tell: Annotated[object, Ignored] = None, out: OutFile) -> None:
    text = log.read_text()
BODY
    out.write_text(str(text))
""",
    "record": """
from distill.receipts import with_receipt_per_record

@with_receipt_per_record(stage="work", version=1)
def work(text: bytes, *, tell: Annotated[object, Ignored] = None) -> bytes:
BODY
    return str(text).encode()
""",
}
CALLS = {
    "plain": 'work(Path("log.txt"), tell=tell, out=Path("out.txt"))',
    "record": 'work(read=Path("log.txt"), write="rows", tell=tell)',
}
HEAD = "import json\nfrom pathlib import Path\nfrom typing import Annotated\n"
HEAD += "from distill.receipts import Ignored\n"
RUN = """
from distill.errors import DistillError

def tell(number: int = 0) -> float:
    return 1 / number

if __name__ == "__main__":
    try:
        outcome = CALL
        print(json.dumps([outcome.status, outcome.reason]))
    except DistillError as error:
        print(json.dumps([error.message, error.hint]))
"""


@dataclass(frozen=True)
class Desk:
    """A workspace whose stage and script are written by a test; every run is a process."""

    root: Path
    form: str

    def write(self, name: str, text: str) -> Path:
        """Write a file."""
        place = self.root / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text)
        return place

    def stage(self, body: str) -> None:
        """Write a stage module with this body, and a script that calls it."""
        text = FORMS[self.form].replace("BODY", indent(body, "    "))
        self.write("stage.py", HEAD + text)
        self.script("from stage import work\n")

    def script(self, text: str) -> None:
        """Write a script that makes or imports the stage and calls it."""
        self.write("run.py", HEAD + text + RUN.replace("CALL", CALLS[self.form]))

    def run(self, *how: str, **variables: str) -> tuple[str, str]:
        """Return status and reason, or message and hint."""
        path = f"{self.root}{os.pathsep}{REPOSITORY}"
        known = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
        done = subprocess.run(
            [sys.executable, *(how or ["run.py"])],
            cwd=self.root,
            env={**known, "PYTHONPATH": path, **variables},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        told = next(line for line in done.stdout.splitlines() if line.startswith('["'))
        first, second = json.loads(told)
        return first, second

    @property
    def output(self) -> str:
        """What the stage wrote."""
        place = self.root / ("out.txt" if self.form == "plain" else "rows/part-00000.jsonl")
        return place.read_text().strip()


@pytest.fixture(params=FORMS)
def desk(request: pytest.FixtureRequest, tmp_path: Path) -> Desk:
    """A workspace with a log, and modules that nobody imports by name."""
    made = Desk(tmp_path, request.param)
    made.write("distill.toml", "")
    made.write("log.txt", "line\n")
    made.write("rules.py", 'RULE = "one"\n\nclass Rule:\n    name = "one"\n')
    made.write(
        "helper.py", 'def named():\n    """Give.\n\n    >>> 1\n    1\n    """\n    return 1\n'
    )
    made.write("pack/__init__.py", "")
    made.write("pack/template.py", "RULE = 1\n")
    made.write("model.pth", "weights")
    return made


READS = {
    "exec": 'scope = {}; exec(Path("rules.py").read_text(), scope); text = scope["RULE"]',
    "runpy": 'import runpy; text = runpy.run_path("rules.py")["RULE"]',
    "open": 'text = open("rules.py").readline()',
    "ast": 'import ast; text = ast.dump(ast.parse(Path("rules.py").read_bytes()))',
    "tokenize": 'import tokenize; text = tokenize.open("rules.py").read()',
    "linecache": 'import linecache; text = linecache.getline("rules.py", 1)',
    "weights": 'text = open("model.pth").read()',
    "resources": "from importlib.resources import files\n"
    'text = files("pack").joinpath("template.py").read_text()',
}


@pytest.mark.parametrize("way", READS)
def test_code_that_is_read_as_data_is_refused(desk: Desk, way: str) -> None:
    """An edit of it would be skipped over; the error names it, and says what to do."""
    desk.stage(READS[way])
    message, hint = desk.run()
    assert message.startswith("the stage work reads /")
    assert message.endswith(", which it has not declared")
    assert {"rules.py", "model.pth", "template.py"} & set(message.replace(",", "/").split("/"))
    assert "declare it as an input" in hint
    assert "import it, if it is a module" in hint


def test_bytecode_that_is_read_as_data_is_refused(desk: Desk) -> None:
    """It stands for a module that is in the key, and may hold anything."""
    desk.stage("import helper; text = Path(helper.__cached__).read_bytes()[:4]")
    desk.run("-c", 'import helper; print(\'["", ""]\')')
    message, _ = desk.run()
    assert "/__pycache__/helper." in message
    assert message.endswith(", which it has not declared")


LOADS = {
    "by a computed name": 'import importlib; text = importlib.import_module("ru" + "les").RULE',
    "by its place": "from importlib.util import module_from_spec, spec_from_file_location\n"
    'spec = spec_from_file_location("rules", "rules.py")\n'
    "spec.loader.exec_module(module_from_spec(spec))",
    "pickled": 'import pickle; text = pickle.loads(b"crules\\nRule\\n.").name',
}


@pytest.mark.parametrize("way", LOADS)
def test_a_module_that_no_import_names_is_refused(desk: Desk, way: str) -> None:
    """Also where Python takes it from bytecode; the hint mends it."""
    desk.stage(LOADS[way])
    for _ in range(2):
        message, hint = desk.run()
        assert message.startswith("the stage work loads /")
        assert message.endswith("/rules.py, which no import in its code names")
        assert "import it by name in a module of the stage" in hint
        desk.run("-c", 'import rules; print(\'["", ""]\')')
    module = desk.root / "stage.py"
    module.write_text(module.read_text() + "\ndef reached():\n    import rules\n")
    assert desk.run()[0] == "ran"
    desk.write("rules.py", 'RULE = "other"\n\nclass Rule:\n    name = "other"\n')
    assert desk.run() == ("ran", "code changed: rules.py")


def test_a_module_that_was_loaded_before_is_not_the_stage_s(desk: Desk) -> None:
    """The other way that the hint names."""
    desk.stage(LOADS["by a computed name"])
    desk.script("import rules\nfrom stage import work\n")
    assert desk.run()[0] == "ran"


def test_a_native_module_that_no_import_names_is_refused(desk: Desk) -> None:
    """Python opens none; it tells that it loads one."""
    found = find_spec("_queue")
    if found is None or found.origin in {None, "built-in"}:
        pytest.skip("Python was built without separate native modules")
    (desk.root / "_queue.so").write_bytes(Path(str(found.origin)).read_bytes())
    loads = LOADS["by its place"].replace("rules.py", "_queue.so").replace("rules", "_queue")
    desk.stage(loads)
    message, _ = desk.run()
    assert message.endswith("/_queue.so, which no import in its code names")


PASSES = {
    "a lazy import": "from helper import named; text = named()",
    "a lazy import by a text": 'import importlib; text = importlib.import_module("helper").named()',
    "a traceback": "import traceback\n"
    "try:\n    tell()\nexcept ZeroDivisionError:\n    text = len(traceback.format_exc())",
    "a logged traceback": "import logging\n"
    "try:\n    tell()\nexcept ZeroDivisionError:\n    logging.exception('seen')",
    "a warning": "import warnings\nwarnings.warn_explicit('seen', UserWarning, 'run.py', 1)",
    "inspect": "import inspect; text = inspect.getsource(tell)[:8]",
    "its own source": "import inspect, helper; text = inspect.getsource(helper.named)[:8]",
    "doctest": "import doctest, helper; text = doctest.testmod(helper).attempted",
    "a debugger": "import io, pdb\n"
    "shown = io.StringIO()\n"
    "debugger = pdb.Pdb(stdin=io.StringIO('up 99\\nlist\\ncontinue\\n'), stdout=shown)\n"
    "debugger.set_trace()\n"
    "text = shown.getvalue().count('import')",
    "types": "import dataclasses, pickle, typing\n"
    'made = dataclasses.make_dataclass("Made", [("a", "int")])\n'
    "text = typing.get_type_hints(made), pickle.loads(pickle.dumps(1))",
}


@pytest.mark.parametrize("way", PASSES)
def test_what_python_itself_opens_is_no_matter(desk: Desk, way: str) -> None:
    """Modules that the key knows, with bytecode and without, and source lines that are shown."""
    desk.stage(PASSES[way])
    desk.write(".pdbrc", "")
    assert desk.run()[0] == "ran"
    (desk.root / "log.txt").write_text("another\n")
    assert desk.run(PYTHONPYCACHEPREFIX=str(desk.root / "cache"))[0] == "ran"
    (desk.root / "log.txt").write_text("more\n")
    assert desk.run(PYTHONPYCACHEPREFIX=str(desk.root / "cache"))[0] == "ran"


def test_modules_whose_assertions_pytest_rewrote(desk: Desk) -> None:
    """Pytest reads the source itself, and has bytecode of its own."""
    desk.stage("import helper; text = helper.named()")
    desk.write("conftest.py", 'import pytest\npytest.register_assert_rewrite("helper")\n')
    script = (
        (desk.root / "run.py").read_text().replace('if __name__ == "__main__":', "def test_it():")
    )
    desk.write("test_it.py", script)
    for text in ("one\n", "another\n"):
        (desk.root / "log.txt").write_text(text)
        assert desk.run("-m", "pytest", "-q", "-s", "test_it.py")[0] == "ran"
    assert list((desk.root / "__pycache__").glob("helper.*pytest*"))


STAGE_TEXT = {form: HEAD + text.replace("BODY", "    pass") for form, text in FORMS.items()}
MADE = {
    "under its file's name": 'exec(compile(Path("rules.py").read_text(), "rules.py", "exec"))\n',
    "as a text": 'exec(Path("rules.py").read_text())\n',
    "closed over": "def wrapping(function):\n"
    "    def inner(*args, **kwargs):\n"
    "        return function(*args, **kwargs)\n"
    "    inner.__signature__ = __import__('inspect').signature(function)\n"
    "    return inner\n"
    "from distill.receipts import with_receipt, with_receipt_per_record\n"
    'scope = {}\nexec(Path("rules.py").read_text(), scope)\n'
    "plain, record = with_receipt, with_receipt_per_record\n"
    'work = FORM(stage="work", version=1)(wrapping(scope["work"].__wrapped__))\n',
}


@pytest.mark.parametrize("way", MADE)
def test_a_stage_that_is_made_of_another_text_is_refused(desk: Desk, way: str) -> None:
    """No key would know of the file that the text was read from."""
    desk.write("rules.py", STAGE_TEXT[desk.form])
    desk.script(MADE[way].replace("FORM", desk.form))
    message, hint = desk.run()
    place = "rules.py" if "file" in way else "<string>"
    assert message.startswith(f"the code of work stands in {place}, which is not the file of its")
    assert "import it from there" in hint


def test_a_stage_of_a_file_that_was_run_counts_by_that_file(desk: Desk) -> None:
    """``runpy`` leaves no module behind, but code that names its file."""
    desk.write("rules.py", STAGE_TEXT[desk.form])
    desk.script('import runpy\nwork = runpy.run_path("rules.py")["work"]\n')
    assert desk.run()[0] == "ran"
    assert desk.run()[0] == "skipped"
    desk.write("rules.py", STAGE_TEXT[desk.form].replace("    pass", '    text = "b"'))
    assert desk.run() == ("ran", "code changed: rules.py")
    assert desk.output == "b"


def test_a_script_that_is_profiled_is_the_module_of_its_stage(desk: Desk) -> None:
    """Python 3.11's cProfile is the module ``__main__`` while the script runs."""
    desk.script(STAGE_TEXT[desk.form])
    profiled = ("-m", "cProfile", "run.py")
    assert desk.run(*profiled)[0] == "ran"
    assert desk.run(*profiled)[0] == "skipped"
    desk.script(STAGE_TEXT[desk.form].replace("    pass", '    text = "b"'))
    assert desk.run(*profiled) == ("ran", "code changed: run.py")
    assert desk.output == "b"


def test_a_wrapper_that_a_library_made_is_none(desk: Desk) -> None:
    """It names a place that is no file, and what it wraps, which is followed."""
    desk.write("inner.py", STAGE_TEXT[desk.form])
    made = (
        "from inner import work\n"
        "import inspect\n"
        "function = work.__wrapped__\n"
        'text = "def work(*args, **kwargs): return function(*args, **kwargs)"\n'
        'exec(compile(text, "<made of work>", "exec"))\n'
        "decorated = work\n"
        "decorated.__wrapped__ = function\n"
        "decorated.__signature__ = inspect.signature(function)\n"
        "decorated.__annotations__ = function.__annotations__\n"
        "from distill.receipts import with_receipt, with_receipt_per_record\n"
        "plain, record = with_receipt, with_receipt_per_record\n"
        f'work = {desk.form}(stage="work", version=1)(decorated)\n'
    )
    desk.script(made)
    assert desk.run()[0] == "ran"
    desk.write("inner.py", STAGE_TEXT[desk.form].replace("    pass", '    text = "b"'))
    assert desk.run() == ("ran", "code changed: inner.py")
