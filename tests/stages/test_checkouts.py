"""A source that reads the paths of a checkout can be run again while the checkout has them."""

from pathlib import Path

import pytest

from distill.errors import IncompleteError
from distill.receipts.reproduce import Options, Reproduction, prepare
from distill.stages.checkouts import lay_out_checkouts
from distill.stages.pipeline import build_evidence_index
from distill.workspace.project import Project
from tests.workspaces import MAPPED, VERDICT, lines, make_workspace, row

STAGE = "build_evidence_index"


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A workspace whose source knows the files of a checkout, in a root; its first stage ran."""
    repository = tmp_path / "far/repo"
    for name in ("src/a.py", "src/ü b.py", "README", ".git/HEAD"):
        (repository / name).parent.mkdir(parents=True, exist_ok=True)
        (repository / name).write_text("content that does not count\n")
    configuration = (
        f'[roots]\nfar = "{tmp_path}/far"\n'
        + MAPPED
        + 'repository = { checkout = "far:repo" }\n'.replace("far:", f"{tmp_path}/far/")
        + VERDICT
    )
    answer = "I changed `src/a.py` and `src/made_up.py`."
    rows = {"logs/a.jsonl": lines([row("t1", answer), row("t2", "I read README.")])}
    made = make_workspace(tmp_path / "workspace", configuration, rows)
    build_evidence_index(made)
    return made


def again(project: Project) -> Reproduction:
    """Run the first stage again."""
    options = Options(extras=(lay_out_checkouts,))
    with prepare(project.workspace, STAGE, options) as prepared:
        return prepared.run()


def test_the_paths_are_laid_out(project: Project) -> None:
    """Empty files stand for the checkout's: the stage reads their names."""
    assert again(project).exit_code == 0
    (project.workspace.roots["far"] / "repo/README").write_text("other content\n")
    assert again(project).exit_code == 0
    with prepare(project.workspace, STAGE, Options()) as prepared, pytest.raises(IncompleteError):
        prepared.run()  # nothing laid them out


def test_other_paths(project: Project) -> None:
    """Another list of files is another input: it is named."""
    (project.workspace.roots["far"] / "repo/src/made_up.py").touch()
    with pytest.raises(IncompleteError, match="the checkout far:repo no longer has the files"):
        again(project)
