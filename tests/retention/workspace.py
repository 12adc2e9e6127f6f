"""What the tests of retention recall, withdraw and prune."""

from pathlib import Path

from distill.workspace.project import open_workspace
from tests.workspaces import MAPPED, VERDICT, lines, make_workspace, row, run_all

LEAK = "the leaked answer"
CONFIGURATION = (
    MAPPED
    + 'run_id = "/id"\n'
    + VERDICT
    + (MAPPED + 'run_id = "/id"\n' + VERDICT)
    .replace("sources.agents", "sources.others")
    .replace("logs/*.jsonl", "more/*.jsonl")
)
ROWS = [
    row("t1", LEAK, id="a"),
    row("t1", "wrong", False, id="b"),
    row("t2", "twice", id="c"),
]
MORE = [row("t2", "twice", id="c"), row("t3", "alone", id="d")]
OTHERS = [row("t9", "elsewhere", id="x")]


def build(root: Path) -> Path:
    """Run a workspace, let a log grow, and run it again."""
    files = {
        "logs/a.jsonl": lines(ROWS),
        "logs/b.jsonl": lines(MORE),
        "more/c.jsonl": lines(OTHERS),
    }
    run_all(make_workspace(root, CONFIGURATION, files))
    grow(root)
    return root


def grow(root: Path, number: int = 1) -> None:
    """Let a log grow by one run, and run everything again."""
    with (root / "more/c.jsonl").open("ab") as log:
        log.write(lines([row("t9", f"grown {number}", id=f"y{number}")]))
    run_all(open_workspace(root))


def holding(root: Path, text: str = LEAK) -> set[str]:
    """Return the files of a workspace that hold a text, the logs aside."""
    return {
        path.relative_to(root).as_posix()
        for path in root.rglob("*")
        if path.is_file() and text.encode() in path.read_bytes()
    } - {"logs/a.jsonl"}
