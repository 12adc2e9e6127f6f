"""Modules count from where Python imports them, however they are named and wherever they lie."""

import os
import py_compile
import subprocess
import sys
import zipfile
from collections.abc import Callable, Mapping
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path

import pytest

from distill.receipts.code.closure import closure_of
from distill.receipts.code.modules import Module
from distill.receipts.code.traces import Traces
from tests.conftest import REPOSITORY

DRIVER = """
import sys
from pathlib import Path
from {module} import here, value
from distill.receipts.code.closure import closure_of
from distill.receipts.code.modules import module_of
print(value())
print(*sorted(closure_of(module_of(here)).files), sep="\\n")
"""


def reached(
    root: Path, module: str = "stage", path: tuple[str, ...] = (".",)
) -> tuple[str, set[str]]:
    """Return what a module's function gives in a fresh process, and the files of its closure."""
    folders = [str(root / one) for one in path]
    told = subprocess.run(
        [sys.executable, "-c", DRIVER.format(module=module)],
        cwd=root / path[0],
        env={**os.environ, "PYTHONPATH": os.pathsep.join([*folders, str(REPOSITORY)])},
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()
    return told[0], set(told[1:])


def write(root: Path, files: Mapping[str, str]) -> None:
    """Write files below a folder."""
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)


HERE = "def here(): ...\n"
HELPER = "def value():\n    return 'helper'\n"
#: The stage's module; what else there is; the import path; the file that must count.
WAYS: dict[str, tuple[str, dict[str, str], tuple[str, ...], str]] = {
    "what a star imports by __all__": (
        "from pkg import *\ndef value():\n    return sub.value()\n",
        {"pkg/__init__.py": "__all__ = ['sub']\n", "pkg/sub.py": HELPER},
        (".",),
        "pkg/sub.py",
    ),
    "import_module by keyword": (
        "import importlib\nvalue = importlib.import_module(name='helper').value\n",
        {"helper.py": HELPER},
        (".",),
        "helper.py",
    ),
    "import_module by another name": (
        "from importlib import import_module as get\nvalue = get('helper').value\n",
        {"helper.py": HELPER},
        (".",),
        "helper.py",
    ),
    "a package in two folders, neither the stage's": (
        "import ns.a\nimport ns.b\nvalue = ns.b.value\n",
        {"one/ns/a.py": "", "two/ns/b.py": HELPER},
        (".", "one", "two"),
        "ns/b.py",
    ),
    "a package in two folders, one the stage's": (
        "import ns.b\nvalue = ns.b.value\n",
        {"ns/a.py": "", "two/ns/b.py": HELPER},
        (".", "two"),
        "ns/b.py",
    ),
    "a package in a linked folder": (
        "import linked.sub\nvalue = linked.sub.value\n",
        {"real/other/__init__.py": "", "real/other/sub.py": HELPER},
        (".", "links"),
        "linked/sub.py",
    ),
    "a module that somebody else imported": (
        "import pkg\nimport loads\ndef value():\n    return pkg.sub.value()\n",
        {"pkg/__init__.py": "", "pkg/sub.py": HELPER, "loads.py": "__import__('pkg' + '.sub')\n"},
        (".",),
        "pkg/sub.py",
    ),
    "data of a package without an __init__": (
        (
            "from importlib.resources import files as f\ndef value():\n"
            "    return (f('data') / 'a.txt').read_text()\n"
        ),
        {"data/a.txt": "helper"},
        (".",),
        "data/a.txt",
    ),
    "data of a package under another name": (
        (
            "import importlib.resources as r\nimport data as d\ndef value():\n"
            "    return r.files(d).joinpath('a.txt').read_text()\n"
        ),
        {"data/__init__.py": "", "data/a.txt": "helper"},
        (".",),
        "data/a.txt",
    ),
    "data of a package named by its attribute": (
        (
            "import importlib.resources as r\nimport data.sub\ndef value():\n"
            "    return r.files(data.sub).joinpath('a.txt').read_text()\n"
        ),
        {"data/__init__.py": "", "data/sub/__init__.py": "", "data/sub/a.txt": "helper"},
        (".",),
        "data/sub/a.txt",
    ),
}


@pytest.mark.parametrize(("stage", "files", "path", "counts"), WAYS.values(), ids=WAYS.keys())
def test_what_python_reaches_counts(
    tmp_path: Path, stage: str, files: dict[str, str], path: tuple[str, ...], counts: str
) -> None:
    """Whatever the way by which the stage comes to it."""
    write(tmp_path, {"stage.py": stage + HERE, **files})
    (tmp_path / "links").mkdir()
    (tmp_path / "links/linked").symlink_to(tmp_path / "real/other")
    given, found = reached(tmp_path, path=path)
    # What Python ran is what was looked for: the value comes from the file.
    assert given == "helper"
    assert counts in found


@pytest.mark.parametrize(
    "text",
    [
        "import importlib\nvalue = importlib.import_module('.helper', __package__).value\n",
        "from app import helper\nvalue = helper.value\n",
        "from . import helper\nvalue = helper.value\n",
    ],
)
@pytest.mark.parametrize("is_linked", [False, True], ids=["plain", "linked"])
def test_relative_names(tmp_path: Path, text: str, is_linked: bool) -> None:
    """A relative name counts, also where the package's folder is a link to one of another name."""
    folder = "elsewhere" if is_linked else "app"
    write(
        tmp_path,
        {f"{folder}/__init__.py": "", f"{folder}/stage.py": text, f"{folder}/helper.py": HELPER},
    )
    (tmp_path / f"{folder}/stage.py").write_text(text + HERE)
    if is_linked:
        (tmp_path / "app").symlink_to(tmp_path / "elsewhere")
    given, found = reached(tmp_path, "app.stage")
    assert given == "helper"
    assert {"app/stage.py", "app/helper.py"} <= found


@pytest.mark.parametrize("name", ["helper", "statistics"])
def test_a_folder_that_comes_before_the_stages_own(tmp_path: Path, name: str) -> None:
    """Of two modules with one name, and of one that hides Python's own, the first counts."""
    stage = f"import {name}\ndef value():\n    return {name}.value()\n{HERE}"
    write(tmp_path, {"lib/stage.py": stage, "lib/helper.py": "", f"{name}.py": HELPER})
    (tmp_path / f"{name}.py").write_text(f"import marked_by_{name}\n{HELPER}")
    (tmp_path / f"marked_by_{name}.py").touch()
    given, found = reached(tmp_path, path=(".", "lib"))
    assert given == "helper"
    assert {f"{name}.py", f"marked_by_{name}.py"} <= found


def _native(root: Path) -> Path:
    file = root / f"helper{_suffix()}"
    file.write_bytes(b"\x7fELF\0")
    return file


def _sourceless(root: Path) -> Path:
    (root / "tmp.txt").write_text(HELPER)
    return Path(str(py_compile.compile(str(root / "tmp.txt"), cfile=str(root / "helper.pyc"))))


def _archive(root: Path) -> Path:
    with zipfile.ZipFile(root / "lib.zip", "w") as archive:
        archive.writestr("helper.py", HELPER)
    return root / "lib.zip"


def _suffix() -> str:
    return EXTENSION_SUFFIXES[0]


@pytest.mark.parametrize("make", [_native, _sourceless, _archive])
def test_code_that_is_no_source_counts_by_its_bytes(
    tmp_path: Path, make: Callable[[Path], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A native module, one that is bytecode alone, and an archive of modules."""
    write(tmp_path, {"stage.py": "import helper\n"})
    file = make(tmp_path)
    monkeypatch.setattr(sys, "path", [str(tmp_path), str(tmp_path / "lib.zip"), *sys.path])
    stage = Module("stage", tmp_path / "stage.py", tmp_path)
    before = closure_of(stage)
    assert file.name in before.files
    file.write_bytes(file.read_bytes() + b"x")
    assert closure_of(stage).digest != before.digest


def test_a_class_is_no_package(tmp_path: Path) -> None:
    """What lies in a module is looked for in no folder, so that a skip asks for little."""
    write(tmp_path, {"stage.py": "from helper import Thing\n", "helper.py": "class Thing: ...\n"})
    traces = Traces()
    closure_of(Module("stage", tmp_path / "stage.py", tmp_path), traces)
    assert not [place for place in traces.absent if "Thing" in place]


@pytest.mark.parametrize("is_somebodys", [False, True])
def test_what_is_installed_and_has_no_version_counts_as_it_is(
    tmp_path: Path, is_somebodys: bool
) -> None:
    """A distribution's version stands for its modules; what none of them brings has no version."""
    write(
        tmp_path,
        {
            "stage.py": f"import helper\nvalue = helper.value\n{HERE}",
            "site-packages/helper.py": f"import further\n{HELPER}",
            "site-packages/further.py": "",
        },
    )
    if is_somebodys:
        write(
            tmp_path / "site-packages/helper-1.0.dist-info",
            {
                "METADATA": "Metadata-Version: 2.1\nName: helper\nVersion: 1.0\n",
                "RECORD": "helper.py,,\nfurther.py,,\n",
            },
        )
    given, found = reached(tmp_path, path=(".", "site-packages"))
    assert given == "helper"
    assert found == {"stage.py"} | (set() if is_somebodys else {"helper.py", "further.py"})
