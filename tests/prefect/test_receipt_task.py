"""A task with a receipt runs once, then is Cached with its reason, and keeps what it wraps."""

import inspect
from pathlib import Path
from typing import Any, assert_type

import pytest
from prefect import Task
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import ArtifactFilter, ArtifactFilterKey

from distill.errors import ConfigurationError
from distill.prefect import receipt_task
from distill.receipts import Outcome, ReceiptStore, Workspace


def test_fn_runs_the_plain_stage_without_a_server(two_stages: Any) -> None:
    """`.fn()` is the stage itself: no server, an outcome and no state."""
    call = (Path("logs/words.jsonl"), Path("data/words.jsonl"))
    assert two_stages.copy_words.fn(*call).status == "ran"
    second = two_stages.copy_words.fn(*call)
    assert isinstance(second, Outcome)
    assert second.skipped


@pytest.mark.parametrize("option", ["cache_policy", "persist_result", "on_commit"])
def test_a_cache_of_prefect_is_refused(option: str) -> None:
    """There is one set of books: the receipts."""
    with pytest.raises(ConfigurationError, match=option):
        receipt_task(**{option: None})


def test_other_options_keep_the_receipt() -> None:
    """`with_options` gives a task with a receipt again, and refuses what `receipt_task` refuses."""

    def stage() -> Outcome:
        raise NotImplementedError

    made = receipt_task(stage)
    assert type(made.with_options(retries=2)) is type(made)
    with pytest.raises(ConfigurationError):
        made.with_options(persist_result=True)


def test_the_types_of_the_stage_are_kept() -> None:
    """A type checker sees the parameters of the stage and its outcome (mypy reads this test)."""

    def stage(path: Path, *, depth: int = 1) -> Outcome:
        raise NotImplementedError

    made = receipt_task(stage)
    if False:
        assert_type(made(Path("logs"), depth=2), Outcome)
        assert_type(made.submit(Path("logs")).result(), Outcome)
    assert isinstance(made, Task)
    assert made.name == "stage"
    assert inspect.signature(made.fn) == inspect.signature(stage)


def test_a_users_flow_runs_then_is_cached(
    prefect_server: str, two_stages: Any, workspace: Path, task_states: Any
) -> None:
    """The first run ends Completed; the next Cached, with the receipt's reason on the state."""
    flow: Any = two_stages.words

    first = flow(return_state=True)
    assert task_states(first.state_details.flow_run_id, 2) == {
        "copy_words": ("Completed", ""),
        "shout": ("Completed", ""),
    }

    second = flow(return_state=True)
    copied, loud = second.result()
    assert task_states(second.state_details.flow_run_id, 2) == {
        "copy_words": ("Cached", copied),
        "shout": ("Cached", loud),
    }
    assert copied
    assert loud

    (workspace / "data" / "loud.jsonl").unlink()
    third = flow(return_state=True)
    states = task_states(third.state_details.flow_run_id, 2)
    assert states["copy_words"][0] == "Cached"
    assert states["shout"] == ("Completed", "")


def test_the_receipt_names_the_flow_run(
    prefect_server: str, two_stages: Any, workspace: Path
) -> None:
    """Who triggered a run can be read from its receipt."""
    state = two_stages.words(return_state=True)
    newest = ReceiptStore(Workspace.find(workspace)).newest("copy_words")
    assert newest is not None
    trigger = newest.run.trigger
    assert (trigger.kind, trigger.id) == (
        "prefect",
        f"flow-run/{state.state_details.flow_run_id}",
    )


def test_every_run_leaves_an_artifact_under_a_fixed_key(
    prefect_server: str, two_stages: Any
) -> None:
    """The stage's page shows its history: ran, then skipped, with counts and digests."""
    two_stages.words()
    two_stages.words()
    with get_client(sync_client=True) as client:
        found = client.read_artifacts(
            artifact_filter=ArtifactFilter(key=ArtifactFilterKey(any_=["distill-shout-words"]))
        )
    pages = [str(artifact.data) for artifact in sorted(found, key=lambda a: str(a.created))]
    assert "# shout_words: ran" in pages[-2]
    assert "| words | 2 |" in pages[-2]
    assert "data/loud.jsonl" in pages[-2]
    assert "# shout_words: skipped" in pages[-1]


def test_a_failing_stage_fails_its_task(
    prefect_server: str, two_stages: Any, workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A stage that raises is Failed, never Cached, and leaves no output behind."""
    monkeypatch.setenv("SHOUT_FAILS", "1")
    state = two_stages.words(return_state=True)
    assert state.is_failed()
    assert "lost my voice" in (state.message or "")
    assert not (workspace / "data" / "loud.jsonl").exists()
