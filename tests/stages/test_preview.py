"""`distill preview`: what it shows of records, of groups, and of what can't be read."""

from pathlib import Path

import pytest

from distill.sources.protocol import RunDraft
from distill.stages.preview import preview_source
from tests.sources.samples import atif, claude_code, inspect
from tests.workspaces import make_workspace

SOURCE = """\
[sources.logs]
kind = "{}"
paths = ["{}"]
role = "train"
licence = "MIT"
"""


@pytest.mark.parametrize(
    ("kind", "paths", "files", "ids"),
    [
        ("inspect", "logs/*.eval", inspect.FILES, ["uuid1", "uuid2", "uuid3"]),
        ("atif", "jobs/**/*.json", atif.FILES, ["0b6e", "0b6f"]),
        (
            "claude_code",
            "projects/**/*.jsonl",
            claude_code.FILES,
            ["5e55-10/before-1", "5e55-10", "5e55-10/ag1"],
        ),
    ],
)
def test_runs_are_shown_whole(
    tmp_path: Path, kind: str, paths: str, files: dict[str, bytes], ids: list[str]
) -> None:
    """A record with its header, a trial with its result, a session with all its lines."""
    found = preview_source(make_workspace(tmp_path, SOURCE.format(kind, paths), files), "logs")
    drafts = [answer for _, answer in found.runs if isinstance(answer, RunDraft)]
    assert [draft.logged_run_id for draft in drafts] == ids
    assert not found.troubles


def test_what_is_wrong_is_said(tmp_path: Path) -> None:
    """A cut line of a group, and a failed instrument."""
    (name, data), = claude_code.FILES.items()  # fmt: skip
    project = make_workspace(
        tmp_path,
        SOURCE.format("claude_code", "projects/**/*.jsonl"),
        {name: data[:-20], "projects/p/b.jsonl": b'{"uuid": 1}\n'},
    )
    found = preview_source(project, "logs")
    assert [trouble.partition(":")[0] for _, trouble in found.troubles] == ["schema_violation"]
    trials = make_workspace(tmp_path / "b", SOURCE.format("atif", "jobs/**/*.json"), atif.FILES)
    shown = "\n".join(preview_source(trials, "logs").lines())
    assert "instrument_failure: the trial ended with an exception (AgentTimeoutError)" in shown
