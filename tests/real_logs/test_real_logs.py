"""Four public sets of logs in one workspace: counts equal others', and nothing vanishes."""

from pathlib import Path

import pytest

from distill.cli import main
from distill.receipts import Outcome
from distill.workspace.project import open_workspace
from tests.real_logs.accounting import Dataset, account
from tests.real_logs.configuration import configuration
from tests.real_logs.page import PAGE, render
from tests.workspaces import counts, make_workspace, run_all

pytestmark = pytest.mark.real_logs


@pytest.fixture(scope="module")
def logs(real_logs: Path) -> Path:
    """The folder of the public logs."""
    return real_logs


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The workspace's folder."""
    return tmp_path_factory.mktemp("real")


@pytest.fixture(scope="module")
def outcomes(root: Path, logs: Path) -> dict[str, Outcome]:
    """The five stages, run once."""
    return run_all(make_workspace(root, configuration(str(logs)), {}))


@pytest.fixture(scope="module")
def datasets(root: Path, logs: Path, outcomes: dict[str, Outcome]) -> list[Dataset]:
    """The account of each dataset."""
    assert len(outcomes) == 5
    return account(root, logs)


def test_counts_agree_with_an_independent_reader(datasets: list[Dataset]) -> None:
    """Runs, tasks, verdicts and pairs are those of each SOURCE.md."""
    for dataset in datasets:
        expected = {name: dataset.independent[name] for name in dataset.ours}
        assert (dataset.name, dataset.ours) == (dataset.name, expected)


def test_every_run_is_exported_or_quarantined(outcomes: dict[str, Outcome]) -> None:
    """10,443 runs go into each export, and each is in a row or has a reason."""
    for name in ("export_rag", "export_sft"):
        total = counts(outcomes[name])
        assert total["exported"] + total["quarantined"] == total["scored"] == 10_443
        assert sum(counts(outcomes[name], "by_reason").values()) == total["quarantined"]


def test_every_pair_is_accounted_for(datasets: list[Dataset], outcomes: dict[str, Outcome]) -> None:
    """The independent pairs are exported, quarantined, or in a named count; none is lost."""
    over_cap = 0
    for dataset in datasets:
        assert sum(dataset.fates.values()) == dataset.independent["pairs_full_x_zero"]
        over_cap += dataset.fates.get("over the cap of 5", 0)
    assert over_cap == counts(outcomes["export_preference"], "pairs")["over_cap"]
    exported = sum(dataset.fates.get("exported", 0) for dataset in datasets)
    assert exported == counts(outcomes["export_preference"])["exported"]


def test_a_rerun_skips_and_verify_is_sound(root: Path, outcomes: dict[str, Outcome]) -> None:
    """Nothing to do the second time, and every byte is as recorded."""
    assert outcomes
    assert all(outcome.skipped for outcome in run_all(open_workspace(root)).values())
    assert main(["verify", "--workspace", str(root), "-q"]) == 0


def test_the_page_is_what_the_logs_give(
    datasets: list[Dataset], outcomes: dict[str, Outcome]
) -> None:
    """docs/real-logs.md is the output of the command that it names."""
    assert PAGE.read_text(encoding="utf-8") == render(outcomes, datasets)
