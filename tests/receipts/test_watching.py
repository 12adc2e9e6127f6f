"""A stage that reads a file of the workspace which it has not declared fails, by name."""

import contextlib
import importlib.metadata
import importlib.util
import os
import subprocess
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from distill.errors import ContractError
from distill.receipts import InFile, OutDir, OutFile, ReceiptStore, Workspace, with_receipt
from distill.receipts.scope import current_workspace, workspace_scope

Put = Callable[[str, str], Path]
Act = Callable[[Path, Path], object]

ACT: list[Act] = []


@with_receipt(stage="act", version=1)
def act(log: InFile, out: OutFile) -> None:
    """Do what the test asks for, and write."""
    out.write_bytes(log.read_bytes())
    ACT[-1](log, out)


@with_receipt(stage="outer", version=1)
def outer(log: InFile, inner: Path | None = None, *, rows: OutDir) -> None:
    """Call another stage, whose files are no business of this one."""
    del inner
    act(Path("secret.txt"), Path("inner.txt"))
    (rows / "a.txt").write_bytes(log.read_bytes())


def run(put: Put, what: Act) -> None:
    """Run the stage on a log, beside a file that it has not declared."""
    put("a.txt", "a")
    put("secret.txt", "secret")
    ACT.append(what)
    act(Path("a.txt"), Path("b.txt"))


def _swallow(log: Path, _: Path) -> None:
    with contextlib.suppress(ContractError):
        log.with_name("secret.txt").read_text()


def _append_and_read(log: Path, _: Path) -> None:
    place = log.with_name("secret.txt")
    place.open("a").close()
    place.read_text()


UNDECLARED: dict[str, Act] = {
    "read_text": lambda log, _: log.with_name("secret.txt").read_text(),
    "open": lambda log, _: open(f"{log.parent}/secret.txt", "rb").close(),  # noqa: PTH123
    "update": lambda log, _: log.with_name("secret.txt").open("r+").close(),
    "os.open": lambda log, _: os.close(os.open(log.with_name("secret.txt"), os.O_RDONLY)),
    "by bytes": lambda log, _: os.close(
        os.open(os.fsencode(log.with_name("secret.txt")), os.O_RDONLY)
    ),
    "to append and read": lambda log, _: log.with_name("secret.txt").open("a+").close(),
    "or to create": lambda log, _: os.close(
        os.open(log.with_name("secret.txt"), os.O_RDWR | os.O_CREAT)
    ),
    "appended to by itself": _append_and_read,
    "through dots": lambda log, _: (log.parent / "x" / ".." / "secret.txt").read_text(),
    "swallowed": _swallow,
}


@pytest.mark.parametrize("way", UNDECLARED)
def test_an_undeclared_file_is_refused_by_name(workspace: Workspace, put: Put, way: str) -> None:
    """However it is opened, and whatever the stage makes of the refusal."""
    put("x/y.txt", "")
    with pytest.raises(ContractError, match=r"stage act reads .*/secret\.txt, which it has not"):
        run(put, UNDECLARED[way])
    assert not (workspace.root / "b.txt").exists()
    assert [receipt.passed for receipt in ReceiptStore(workspace).all()] == [False]


def test_what_it_made_before_is_no_input(workspace: Workspace, put: Put) -> None:
    """Its outputs would be others than those of a full rebuild, where there is none."""
    run(put, lambda *_: None)
    put("a.txt", "b")
    ACT.append(lambda log, _: log.with_name("b.txt").read_text())
    with pytest.raises(
        ContractError, match=r"reads .*/b\.txt, which it has not declared"
    ) as caught:
        act(Path("a.txt"), Path("b.txt"))
    assert "a full rebuild" in caught.value.hint
    assert (workspace.root / "b.txt").read_text() == "a"


def test_the_hint_names_the_way_for_data_of_the_code(put: Put) -> None:
    """Beside declaring it, a file of a package may be read through importlib.resources."""
    with pytest.raises(ContractError) as caught:
        run(put, UNDECLARED["read_text"])
    assert "importlib.resources" in caught.value.hint


def test_a_link_does_not_hide_it(workspace: Workspace, put: Put, tmp_path_factory: object) -> None:
    """Neither from outside into the workspace, nor within it."""
    put("a.txt", "a").with_name("link").symlink_to(workspace.root / "secret.txt")
    with pytest.raises(ContractError, match="has not declared"):
        run(put, lambda log, _: log.with_name("link").read_text())


def test_a_root_is_the_workspace_too(
    put: Put, workspace: Workspace, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """A file below a named root is as undeclared as one of the workspace."""
    root = tmp_path_factory.mktemp("root")
    (root / "b.txt").write_text("b")
    with (
        workspace_scope(Workspace(workspace.root, {"logs": root})),
        pytest.raises(ContractError, match="has not declared"),
    ):
        run(put, lambda *_: (root / "b.txt").read_text())


def _miss(log: Path, _: Path) -> None:
    with pytest.raises(FileNotFoundError):
        log.with_name("nowhere").read_text()


def _scratch(log: Path, _: Path) -> None:
    for _again in range(2):
        with tempfile.TemporaryDirectory(dir=log.parent) as folder:
            (Path(folder) / "x").mkdir()
            scratch = Path(folder, "x", "scratch.txt")
            scratch.write_text("1")
            with scratch.open("a+") as file:
                file.seek(0)
                assert file.read() == "1"
    place = log.with_name("scratch.txt")
    place.write_text("2")
    assert place.read_text() == "2"


def _generated(log: Path, _: Path) -> None:
    place = log.with_name("generated_by_act.py")
    place.write_text("MARK = 1\n")
    for _again in range(2):  # the second time there is bytecode
        spec = importlib.util.spec_from_file_location("generated_by_act", place)
        assert spec is not None
        assert spec.loader is not None
        spec.loader.exec_module(importlib.util.module_from_spec(spec))


def _clear_elsewhere(log: Path, _: Path) -> None:
    """Remove a folder outside, in which is one that is called as one of the workspace is."""
    log.with_name("data").mkdir()
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(log.parent):
        (Path(folder) / "data").mkdir()


def _locked(log: Path, _: Path) -> None:
    for _again in range(2):
        os.close(os.open(log.with_name("lock"), os.O_RDWR | os.O_CREAT))


def _installed(log: Path, _: Path) -> None:
    folder = log.with_name("mine.egg-info")
    folder.mkdir()
    subprocess.run(  # somebody else writes it
        ["sh", "-c", "printf '[a]\nb = c:d\n' > entry_points.txt"],
        cwd=folder,
        check=True,
    )
    found = importlib.metadata.Distribution.at(folder).entry_points
    assert [one.name for one in found] == ["b"]


DECLARED: dict[str, Act] = {
    "what it wrote": _scratch,
    "code that it wrote": _generated,
    "folders that are removed": _clear_elsewhere,
    "a lock": _locked,
    "what is installed": _installed,
    "any folder": lambda log, _: os.close(os.open(log.parent / "x", os.O_RDONLY)),
    "its input": lambda log, _: log.read_text(),
    "its output": lambda _, out: out.read_text(),
    "writing elsewhere": lambda log, _: log.with_name("ran.log").open("a").close(),
    "a file elsewhere": lambda *_: Path(os.__file__).with_name("LICENSE.txt").exists(),
    "a null device": lambda *_: Path(os.devnull).read_bytes(),
    "Python's own": lambda *_: Path(__file__).read_bytes(),
    "what is not there": _miss,
    "the workspace": lambda *_: current_workspace(),
    "a folder": lambda log, _: os.close(os.open(log.parent, os.O_RDONLY | os.O_DIRECTORY)),
}


@pytest.mark.parametrize("way", DECLARED)
def test_what_is_declared_is_read(workspace: Workspace, put: Put, way: str) -> None:
    """Inputs, own outputs, and what is nobody's business."""
    put("x/y.txt", "")
    run(put, DECLARED[way])
    assert (workspace.root / "b.txt").read_text() == "a"


def test_others_are_not_watched(workspace: Workspace, put: Put) -> None:
    """Another thread of the process reads what it likes, and so does this one afterwards."""
    read: list[str] = []

    def beside(log: Path, _: Path) -> None:
        place = log.with_name("secret.txt")
        thread = threading.Thread(target=lambda: read.append(place.read_text()))
        thread.start()
        thread.join()

    run(put, beside)
    assert read == ["secret"]
    assert (workspace.root / "secret.txt").read_text() == "secret"


def test_a_stage_in_a_stage_answers_for_itself(workspace: Workspace, put: Put) -> None:
    """The inner one reads its input, which the outer one has not declared."""
    put("a.txt", "a")
    put("secret.txt", "secret")
    ACT.append(lambda *_: None)
    outer(Path("a.txt"), rows=Path("rows"))
    assert (workspace.root / "inner.txt").read_text() == "secret"
