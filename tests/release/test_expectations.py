"""Holding a release against `[expect]`: the bounds themselves hold, one beyond them does not."""

import tomllib
from collections.abc import Callable
from typing import Any

import pytest

from distill.errors import ConfigurationError, ContractError
from distill.receipts.reader import receipt_of
from distill.release.expectations import hold_against
from distill.release.figures import Figures
from distill.release.making import make_release
from distill.workspace.configuration import parse_configuration
from distill.workspace.expectations import Expectations
from distill.workspace.project import Project, open_workspace
from tests.receipts.samples import changed
from tests.release.conftest import move_away
from tests.workspaces import lines, row, run_all


def figures(**stages: dict[str, Any]) -> Figures:
    """Return figures whose receipts have these counts."""
    return Figures.of(
        receipt_of(changed("claim|stage", stage, receipt=changed("claim|counts", counts)))
        for stage, counts in stages.items()
    )


def expect(text: str) -> Expectations:
    """Return the expectations of a `distill.toml` that holds this text."""
    return parse_configuration(tomllib.loads(text), default_name="x").expect


NOW = figures(
    build_evidence_index={
        "total": {"records_quarantined": 2, "runs_quarantined": 1, "runs_declared": 198}
    },
    export_sft={
        "total": {"scored": 100, "exported": 60, "quarantined": 40},
        "by_source": {"old": {"exported": 40}, "new": {"exported": 20}},
    },
    export_preference={"total": {"examined": 0, "exported": 0, "quarantined": 0}},
)
BEFORE = figures(
    export_sft={
        "total": {"exported": 60},
        "by_source": {"old": {"exported": 50}, "gone": {"exported": 10}, "none": {"exported": 0}},
    },
)

BOUNDS = {
    "[expect.least_rows]\nsft = 60": True,
    "[expect.least_rows]\nsft = 61": False,
    "[expect.least_rows]\npreference = 0": True,
    "[expect.least_rows]\nrag = 1": False,
    "[expect.most_quarantined]\nsft = 40": True,
    "[expect.most_quarantined]\nsft = 39": False,
    '[expect.most_quarantined]\nevidence = "3/200"': True,
    '[expect.most_quarantined]\nevidence = "3/201"': False,
    "[expect.most_quarantined]\npreference = 0": True,
}


@pytest.mark.parametrize("text", BOUNDS)
def test_the_bound_itself_holds(text: str) -> None:
    """At the bound a release passes, one row or part beyond it does not."""
    (result,) = hold_against(expect(text), NOW, None)
    assert result.passed is BOUNDS[text], result.detail


def test_a_source_may_move_only_so_far() -> None:
    """A source that lost a fifth breaks a bound of 19 percent; one that is gone lost all."""
    for fall, passed in ((20, True), (19, False)):
        results = hold_against(expect(f"[expect.rows_of_source]\nmost_fall = {fall}"), NOW, BEFORE)
        by_name = {one.name: one.passed for one in results}
        assert by_name == {
            "rows_of_source.most_fall.sft.gone": False,
            "rows_of_source.most_fall.sft.old": passed,
        }
    grown = hold_against(expect("[expect.rows_of_source]\nmost_growth = 25"), BEFORE, NOW)
    assert {one.name.rpartition(".")[2]: one.passed for one in grown} == {"new": True, "old": True}
    (old,) = (
        one
        for one in hold_against(expect("[expect.rows_of_source]\nmost_growth = 24"), BEFORE, NOW)
        if one.name.endswith(".old")
    )
    assert (old.passed, old.found, old.limit) == (False, (50, 40), (24, 100))


def test_without_a_former_release_nothing_can_have_moved() -> None:
    """The first release has no sources to compare, so the bounds on change hold."""
    text = "[expect.rows_of_source]\nmost_fall = 0\nmost_growth = 0"
    assert hold_against(expect(text), NOW, None) == ()


def test_results_are_in_the_manifest(configure: Callable[[str], Project]) -> None:
    """What was expected and found stands in release.json."""
    made = make_release(configure("\n[expect.least_rows]\nsft = 1\nrag = 1\n"), "v1")
    assert {one.name for one in made.manifest.expect} == {"least_rows.sft", "least_rows.rag"}
    assert all(one.passed for one in made.manifest.expect)


def test_a_broken_expectation_refuses_the_release(configure: Callable[[str], Project]) -> None:
    """Every broken one is named, and nothing is made."""
    project = configure("\n[expect.least_rows]\nsft = 1000\nrag = 2000\n")
    with pytest.raises(ContractError, match=r"1,000 or more.*2,000 or more|2,000.*1,000"):
        make_release(project, "v1")
    assert not list((project.root / "releases").glob("*"))


def test_a_source_that_fell_away_refuses_the_release(configure: Callable[[str], Project]) -> None:
    """Rows that were in the previous release and are gone stop the next one."""
    project = configure("\n[expect.rows_of_source]\nmost_fall = 50\n")
    make_release(project, "v1")
    outside = project.root.parent / "outside/2026/b.jsonl"
    outside.write_bytes(lines([row("parse", "Guess.", passed=False)]))
    run_all(project)
    with pytest.raises(ContractError, match=r"sft\.others has 0 rows, and had 1"):
        make_release(project, "v2")


def test_a_bound_on_change_needs_the_former_release(configure: Callable[[str], Project]) -> None:
    """Where its folder is gone, the bound can't be held, and the release is refused."""
    project = configure("\n[expect.rows_of_source]\nmost_fall = 50\n")
    made = make_release(project, "v1")
    move_away(made.folder)
    with pytest.raises(ConfigurationError, match="v1, which is not in releases/"):
        make_release(project, "v2")
    path = project.root / "distill.toml"
    path.write_text(path.read_text().replace("most_fall = 50", ""))
    assert make_release(open_workspace(project.root), "v2").manifest.previous is not None
