"""The import closure: what a stage reaches counts, what it does not reach doesn't."""

import importlib.util
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pytest

from distill.errors import CodeStateError
from distill.receipts.code import closure as closures
from distill.receipts.code.closure import Closure, closure_of
from distill.receipts.code.environment import environment_of
from distill.receipts.code.modules import Module, module_of
from distill.receipts.code.traces import Traces
from distill.receipts.digest import Digest, digest_file

FILES = {
    "app/__init__.py": "",
    "app/stage.py": (
        "import json\n"
        "import blake3\n"
        "from typing import TYPE_CHECKING\n"
        "from app import near\n"
        "from .deep.inner import value\n"
        "from app.lazy import anything\n"
        "if TYPE_CHECKING:\n    from app import types_only\n"
        "def work():\n    from app.inside import x\n    import importlib\n"
        "    importlib.import_module('app.by_text')\n"
    ),
    "app/near.py": "from importlib.resources import files\nDATA = files('app.data') / 'a.txt'\n",
    "app/deep/__init__.py": "from . import sibling\n",
    "app/deep/inner.py": "from ..far import y\nvalue = 1\n",
    "app/deep/sibling.py": "",
    "app/far.py": "import app.stage  # a cycle\ny = 2\n",
    "app/inside.py": "x = 1\n",
    "app/by_text.py": "",
    "app/lazy/__init__.py": "def __getattr__(name):\n    return name\n",
    "app/lazy/hidden.py": "",
    "app/types_only.py": "",
    "app/unrelated.py": "",
    "app/data/__init__.py": "",
    "app/data/a.txt": "data",
    "app/data/deep/b.toml": "data",
    "app/broken.py": "def (:\n",
    "beside.py": "",
}

REACHED = {
    "app/__init__.py",
    "app/stage.py",
    "app/near.py",
    "app/deep/__init__.py",
    "app/deep/inner.py",
    "app/deep/sibling.py",
    "app/far.py",
    "app/inside.py",
    "app/by_text.py",
    "app/lazy/__init__.py",
    "app/lazy/hidden.py",
    "app/data/a.txt",
    "app/data/deep/b.toml",
}


@pytest.fixture
def app(tmp_path: Path) -> Path:
    """A package with every kind of import."""
    for name, text in FILES.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path


def closure(root: Path, name: str = "app.stage") -> Closure:
    """Return the closure of a module."""
    return closure_of(Module(name, root.joinpath(*name.split(".")).with_suffix(".py"), root))


def test_what_is_reached_counts(app: Path) -> None:
    """Relative, nested and late imports, packages on the way, data and lazy packages count."""
    assert set(closure(app).files) == REACHED


def test_the_environment_is_what_is_imported_from_elsewhere(app: Path) -> None:
    """Installed distributions count by version; the standard library by Python's version."""
    foreign = closure(app).foreign
    assert {"json", "blake3"} <= foreign
    environment = environment_of(foreign)
    assert environment.python == f"{sys.version_info.major}.{sys.version_info.minor}"
    assert set(environment.distributions) == {"blake3", "distill"}


EDITS: dict[str, tuple[str, Callable[[str], str], bool]] = {
    "a constant": ("app/deep/inner.py", lambda s: s.replace("1", "2"), True),
    "a type": ("app/deep/inner.py", lambda s: s.replace("1", "1.0"), True),
    "a helper's function": ("app/inside.py", lambda s: s + "def f(): ...\n", True),
    "a package's init": ("app/deep/__init__.py", lambda s: s + "z = 1\n", True),
    "a data file": ("app/data/a.txt", lambda s: s + "x", True),
    "a module that does not parse": ("app/inside.py", lambda _: "def (:\n", True),
    "a docstring that is read": ("app/far.py", lambda s: '"""D."""\nt = __doc__\n' + s, True),
    "a comment": ("app/far.py", lambda s: "# why\n" + s, False),
    "a blank line": ("app/far.py", lambda s: "\n\n" + s, False),
    "a docstring": ("app/far.py", lambda s: '"""What it is."""\n' + s, False),
    "white space": ("app/far.py", lambda s: s.replace("y = 2", "y   =   (2)"), False),
    "an unrelated module": ("app/unrelated.py", lambda s: s + "z = 1\n", False),
    "an import for type checkers": ("app/types_only.py", lambda s: s + "z = 1\n", False),
    "a module beside the package": ("beside.py", lambda s: s + "z = 1\n", False),
}


@pytest.mark.parametrize(("name", "edit", "counts"), EDITS.values(), ids=EDITS.keys())
def test_edits(app: Path, name: str, edit: Callable[[str], str], counts: bool) -> None:
    """What can change the outputs changes the digest; what can't, doesn't."""
    before = closure(app)
    path = app / name
    path.write_text(edit(path.read_text()))
    after = closure(app)
    assert (before.digest != after.digest) is counts
    if counts:
        assert before.files[name] != after.files[name]


def test_moving_the_checkout_changes_nothing(app: Path, tmp_path: Path) -> None:
    """The digest holds no place of this machine."""
    before = closure(app)
    moved = tmp_path.with_name(f"{tmp_path.name}-moved")
    app.rename(moved)
    assert closure(moved) == before


def test_a_module_beside_a_script_counts(app: Path) -> None:
    """A script's own folder is where it imports from first."""
    (app / "script.py").write_text("import beside\nimport app.near\n")
    files = closure(app, "script").files
    assert {"script.py", "beside.py", "app/near.py"} <= set(files)


def test_an_installed_package_is_its_version(tmp_path: Path) -> None:
    """Modules under site-packages are no code of the stage, unless the stage lives there."""
    root = tmp_path / "site-packages"
    for name in ("mine/stage.py", "mine/near.py", "other/__init__.py"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text("import mine.near\nimport other\n")
    assert set(closure(root, "mine.stage").files) == {"mine/stage.py", "mine/near.py"}


@pytest.fixture
def load(tmp_path: Path) -> Iterator[Callable[[str, Path], ModuleType]]:
    """Load a file as a module of a given name, for the length of a test."""
    names: list[str] = []

    def loaded(name: str, path: Path) -> ModuleType:
        spec = importlib.util.spec_from_file_location(name, path)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module
        names.append(name)
        spec.loader.exec_module(module)
        return module

    yield loaded
    for name in names:
        sys.modules.pop(name, None)


def test_where_a_function_lives(app: Path, load: Callable[[str, Path], ModuleType]) -> None:
    """A module in a package has its import root; a file under any other name is a script."""
    (app / "app/late.py").write_text("def work(): ...\n")
    inside = module_of(load("app.late", app / "app/late.py").work)
    assert (inside.name, inside.recorded, inside.root) == ("app.late", "app/late.py", app)
    script = module_of(load("__loader_123__", app / "app/late.py").work)
    assert (script.name, script.recorded, script.root) == ("late", "late.py", app / "app")


def test_code_without_a_file_is_refused() -> None:
    """What can't be read again can't be vouched for."""
    work = eval(compile("lambda: None", "<shell>", "eval"), {"__name__": "nowhere"})  # noqa: S307
    with pytest.raises(CodeStateError, match="lies in no file"):
        module_of(work)


def test_code_that_was_edited_after_it_was_loaded(
    app: Path, load: Callable[[str, Path], ModuleType]
) -> None:
    """A receipt never names code that did not run: a long-lived process must reload first."""
    path = app / "app/late.py"
    path.write_text("def work(): return 1\n")
    load("app.late", path)
    before = closure(app, "app.late")
    path.write_text("# a comment is no edit\ndef work(): return 1\n")
    assert closure(app, "app.late") == before
    path.write_text("def work(): return 2\n")
    with pytest.raises(CodeStateError, match=r"app/late\.py was edited"):
        closure(app, "app.late")
    load("app.late", path)
    assert closure(app, "app.late") != before


def test_the_engine_is_read_once_while_nobody_writes_to_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each stage asks for it; an edit, and files that are too young to tell, are read."""
    engine = tmp_path / "engine"
    engine.mkdir()
    (engine / "a.py").write_text("A = 1\n")
    (engine / "__init__.py").touch()
    stage = tmp_path / "stage.py"
    stage.write_text("import engine.a\n")
    read: list[Path] = []
    monkeypatch.setattr(closures, "ENGINE", engine)
    monkeypatch.setattr(closures, "engine_files", lambda: iter(sorted(engine.glob("*.py"))))
    monkeypatch.setattr(closures, "engine_folders", lambda: (engine,))

    def noted(path: Path) -> Digest:
        read.append(path)
        return digest_file(path)

    monkeypatch.setattr(closures, "digest_file", noted)

    def asked(*, settled: bool) -> str:
        traces = Traces()
        monkeypatch.setattr(traces.cache, "is_settled", lambda _: settled)
        return closure_of(Module("stage", stage, tmp_path), traces).digest.hex

    young = asked(settled=False)
    assert asked(settled=True) == young
    assert len(read) == 4
    assert asked(settled=True) == young
    assert len(read) == 4
    (engine / "a.py").write_text("A = 2\n")
    assert asked(settled=True) != young
    assert len(read) == 6
