"""The layers hold: read off the syntax trees, a fresh interpreter and a built wheel."""

import ast
import graphlib
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[1]

# An import goes to a lower number.
RANKS = {
    "errors": 0,
    "receipts": 1,
    "records": 2,
    "sources": 3,
    "scoring": 3,
    "firewall": 3,
    "exports": 3,
    "workspace": 4,
    "stages": 5,
    "report": 6,
    "diff": 6,
    "retention": 6,
    "release": 6,  # asks the stages whether they are current, and reads their sets
    "lineage": 6,
    "prefect": 6,
    "cli": 7,
    "flows": 8,
}

# Every exception stands here: room, what it may import, why.
ALLOWED = {
    ("exports", "distill.firewall"): "an exporter asks the gates",
    (
        "workspace",
        "distill.prefect.flow_file",
    ): "a text for a new workspace; needs no Prefect",
}

PURE = ("records", "sources", "scoring", "firewall", "exports")
# What opens files, runs programs, asks the clock or draws lots.
IMPURE = {"os", "shutil", "subprocess", "tempfile", "socket", "urllib", "time", "random", "secrets"}
PATH_METHODS = {"open", "read_bytes", "read_text", "write_bytes", "write_text", "iterdir"}

# Reads a table that the package itself ships, which is code by another name.
READS_ITS_OWN_PACKAGE = {"distill.sources.presets"}

# What writes receipts, ledger and keys; the verifier must reach a verdict without it.
WRITER = {
    "recording",
    "execution",
    "drafting",
    "binding",
    "staging",
    "publish",
    "journal",
    "store",
    "locks",
    "durable",
    "ledger.log",
    "ledger.repair",
    "ledger.keys",
    "ledger.key_files",
}


@dataclass(frozen=True)
class Import:
    """One import statement: the module that holds it and the module that it names."""

    importer: str
    target: str
    line: int

    def __str__(self) -> str:
        return f"{self.importer}:{self.line} imports {self.target}"


@cache
def modules() -> dict[str, Path]:
    """Every module of the library and of flows, by its dotted name."""
    files = [*(REPOSITORY / "distill").rglob("*.py"), *(REPOSITORY / "flows").rglob("*.py")]
    return {_dotted(path): path for path in sorted(files)}


@cache
def trees() -> dict[str, ast.Module]:
    """The syntax tree of every module."""
    return {name: ast.parse(path.read_bytes()) for name, path in modules().items()}


@cache
def imports() -> tuple[Import, ...]:
    """Every import that runs, in functions too; those for type checkers alone are left out."""
    return tuple(found for name, tree in trees().items() for found in _imports_in(name, tree))


def _dotted(path: Path) -> str:
    parts = path.relative_to(REPOSITORY).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _imports_in(name: str, node: ast.AST) -> Iterator[Import]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Import):
            for alias in child.names:
                yield Import(name, alias.name, child.lineno)
        elif isinstance(child, ast.ImportFrom):
            base = child.module or ""
            for alias in child.names:
                inner = f"{base}.{alias.name}"
                yield Import(name, inner if inner in modules() else base, child.lineno)
        elif isinstance(child, ast.If) and _is_type_checking(child.test):
            for statement in child.orelse:
                yield from _imports_in(name, statement)
        else:
            yield from _imports_in(name, child)


def _is_type_checking(test: ast.expr) -> bool:
    return (isinstance(test, ast.Name) and test.id == "TYPE_CHECKING") or (
        isinstance(test, ast.Attribute) and test.attr == "TYPE_CHECKING"
    )


def _room(module: str) -> str | None:
    """Return the room of one of our modules; the root package, which is empty, has none."""
    first, _, rest = module.partition(".")
    if first == "flows":
        return "flows"
    return rest.partition(".")[0] or None if first == "distill" else None


def test_every_room_has_a_layer() -> None:
    """A new room must say where it stands."""
    assert {room for name in modules() if (room := _room(name))} <= set(RANKS)


def test_imports_go_down() -> None:
    """An import goes down, never up or sideways into a sibling."""
    wrong = []
    for found in imports():
        above, below = _room(found.importer), _room(found.target)
        if above is None or below is None or above == below or _is_allowed(found):
            continue
        if RANKS[below] >= RANKS[above]:
            wrong.append(str(found))
    assert wrong == []


def _is_allowed(found: Import) -> bool:
    return any(
        _room(found.importer) == room and f"{found.target}.".startswith(f"{target}.")
        for room, target in ALLOWED
    )


def test_no_import_cycle() -> None:
    """No cycle between modules, imports inside functions counted."""
    graph: dict[str, set[str]] = {name: set() for name in modules()}
    for found in imports():
        if found.target in graph and found.target != found.importer:
            graph[found.importer].add(found.target)
    # Raises CycleError, which names the cycle.
    graphlib.TopologicalSorter(graph).prepare()


def test_no_room_imports_its_own_face() -> None:
    """A face imports lazily, so a cycle through it would be seen by no other test."""
    wrong = [
        str(found)
        for found in imports()
        if found.target == f"distill.{_room(found.importer)}" and found.importer != found.target
    ]
    assert wrong == []


def test_errors_stand_alone() -> None:
    """The root of errors imports nothing of Distill."""
    assert [str(i) for i in imports() if i.importer == "distill.errors" and _room(i.target)] == []


@pytest.mark.parametrize("package", ["git", "blake3", "cryptography"])
def test_one_module_imports(package: str) -> None:
    """Git, BLAKE3 and the signatures each have one door."""
    importers = {i.importer for i in imports() if i.target.partition(".")[0] == package}
    assert len(importers) == 1, importers


def test_only_the_adapter_and_the_flows_import_prefect() -> None:
    """Prefect is an extra: nobody else may need it."""
    rooms = {_room(i.importer) for i in imports() if i.target.partition(".")[0] == "prefect"}
    assert rooms == {"prefect", "flows"}


def test_pure_rooms_open_no_file() -> None:
    """Records in, records out: no file, clock, random number or other process."""
    wrong = [
        str(found)
        for found in imports()
        if _room(found.importer) in PURE and found.target.partition(".")[0] in IMPURE
    ]
    wrong += [
        f"{name}:{node.lineno} opens a file"
        for name, tree in trees().items()
        if _room(name) in PURE and name not in READS_ITS_OWN_PACKAGE
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and _opens_file(node.func)
    ]
    assert wrong == []


def _opens_file(function: ast.expr) -> bool:
    if isinstance(function, ast.Attribute):
        return function.attr in PATH_METHODS
    return isinstance(function, ast.Name) and function.id == "open"


def test_the_verifier_does_not_reach_the_writer() -> None:
    """An auditor's verdict runs no stage code: nothing that verify imports makes receipts."""
    below: dict[str, set[str]] = {}
    for found in imports():
        below.setdefault(found.importer, set()).add(found.target)
    start = {name for name in modules() if name.startswith("distill.receipts.verify")}
    assert start
    reached, todo = set(start), list(start)
    while todo:
        fresh = below.get(todo.pop(), set()) - reached
        reached |= fresh
        todo += fresh
    writers = {f"distill.receipts.{name}" for name in WRITER}
    assert writers <= set(modules())
    assert reached & writers == set()
    assert {_room(name) for name in reached} <= {"receipts", "errors", None}


def test_help_needs_neither_prefect_nor_git() -> None:
    """`distill --help` pays for nothing that it doesn't use."""
    program = (
        "import contextlib, sys\n"
        "from distill.cli import main\n"
        "with contextlib.suppress(SystemExit): main(['--help'])\n"
        "print(sorted({'prefect', 'git', 'duckdb'} & set(sys.modules)), file=sys.stderr)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr.strip()) == (0, "[]")
    assert "usage" in done.stdout.lower()


def test_the_wheel_ships_distill_alone(tmp_path: Path) -> None:
    """A user's own flows/, receipts/ or tests/ must never be taken for ours."""
    source = tmp_path / "source"
    ignore = shutil.ignore_patterns("__pycache__", "*.egg-info")
    shutil.copytree(REPOSITORY / "distill", source / "distill", ignore=ignore)
    for name in ("pyproject.toml", "setup.py", "README.md", "LICENSE"):
        shutil.copy(REPOSITORY / name, source / name)
    for decoy in ("flows", "receipts", "reports", "tests", "examples"):
        (source / decoy).mkdir()
        (source / decoy / "decoy.py").touch()
    build = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation"]
    subprocess.run(
        [*build, "--no-index", "--wheel-dir", str(tmp_path), str(source)],
        check=True,
        env={**os.environ, "PIP_DISABLE_PIP_VERSION_CHECK": "1"},
    )
    (wheel,) = tmp_path.glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    tops = {name.partition("/")[0] for name in names}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"distill"}
    assert {"distill/py.typed", "distill/prefect/templates/distillation.py.txt"} <= set(names)
    # Links in the repository, files in the wheel.
    for name in ("README.md", "ledger.md", "releases-and-proofs.md", "verify.sh"):
        shipped = zipfile.ZipFile(wheel).read(f"distill/receipts/for_auditors/{name}")
        assert shipped == (REPOSITORY / "receipts" / name).read_bytes()
