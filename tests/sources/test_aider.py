"""Aider's results and chats: which try has which chat, and whom the verdict is on."""

from typing import Any

import pytest

from distill.errors import ConfigurationError
from distill.records.taxonomy import VerdictOrigin, VerdictOutcome
from distill.sources.aider import Aider
from distill.sources.aider_chats import read_chats
from distill.sources.protocol import NoRun, RecordError, RunDraft
from tests.sources.samples.aider import ISSUE, PATCH, TRANSCRIPT, TRIES, attempt, chat, result

RESOLVED = result(TRIES, 1, resolved=True)


def read(row: Any, transcript: str | None = TRANSCRIPT, **settings: Any) -> list[RunDraft]:
    """Return the runs of a task."""
    rows = [row] if transcript is None else [row, {"text": transcript}]
    found = Aider.from_settings(settings).answer(rows, path="run-1/acme__ledger-7.json")
    return [each for each in found if isinstance(each, RunDraft)]


def said(run: RunDraft) -> list[tuple[str, str | None]]:
    """Return the run's turns."""
    return [(message.role, message.content) for message in run.messages or ()]


def test_a_chat_is_told_apart_by_its_line_ends() -> None:
    """Two blanks end what aider or the person wrote; a model's own heading or quote lacks them."""
    (found,) = read_chats(chat("one", "0.5", "I look.\n> quoted", 3))
    assert (found.started_at, found.model, found.cost) == ("2026-03-01 10:03:00", "one", 0.5)
    assert [(m.role, m.content) for m in found.messages] == [
        ("user", ISSUE),
        ("assistant", "I look.\n> quoted"),
        ("tool", "ledger/rounding.py\nAdd these files to the chat? yes"),
        (
            "assistant",
            "#### The change\n\nI round half to even:\n\n```python\n> not printed by aider\n```",
        ),
        ("tool", "Applied edit to ledger/rounding.py"),
    ]


LIMIT = "\n".join(
    f"> {line}  "
    for line in ("", "Model one has hit a token limit!", "", "Output tokens: ~4,096 of 4,096")
)


def test_an_answer_that_ended_at_a_limit_of_tokens() -> None:
    """Aider says so after the model's last words, and of a try with that chat alone."""
    first = chat("one", "0.5", "I look.", 3)
    (found,) = read_chats(f"{first}\n{LIMIT}\n")
    assert found.is_exhausted
    (went_on,) = read_chats(f"{first}\n{LIMIT}\n\nThen smaller:\n\n> Applied edit  \n")
    assert not went_on.is_exhausted
    (quoted,) = read_chats(chat("one", "0.5", "> Model one has hit a token limit!", 3))
    assert not quoted.is_exhausted
    tries = [attempt("one", 0.5), attempt("two", 0.25)]
    transcript = f"{first}\n{LIMIT}\n{chat('two', '0.25', 'I look.', 9)}"
    runs = read(result(tries, 1, resolved=True), transcript)
    assert [run.cut_short for run in runs] == ["a limit of tokens", None]


def test_banner_and_prices_are_no_turns() -> None:
    """What aider prints of itself holds the machine's paths, and no model was asked it."""
    text = "".join(m.content or "" for c in read_chats(TRANSCRIPT) for m in c.messages)
    assert "/private/var" not in text
    assert "prompt tokens" not in text


@pytest.mark.parametrize("cost", [None, True, "0.5", 1e308, -0.5, 0.6])
def test_a_cost_that_no_chat_has(cost: Any) -> None:
    """A try finds no chat by a cost of another type or size."""
    (run,) = read(result([attempt("one", 0.5)], 0, resolved=True) | {"all_results": []})
    assert run.trial is None
    tried = attempt("one", 0.5) | {"cost": cost}
    (run,) = read(tried | {"all_results": [tried], "resolved": True})
    assert said(run) == [("assistant", PATCH)]


def test_a_try_without_a_model_takes_the_first_chat_of_its_cost() -> None:
    """A log that leaves the model out is matched by the cost, and each chat goes once."""
    tries = [attempt("one", 0.25) | {"model": None} for _ in range(2)]
    first, second = read(result(tries, 0, resolved=True))
    assert len(first.messages or ()) > 1
    assert said(second) == [("assistant", PATCH)]


def test_a_price_beyond_all_measure() -> None:
    """A hostile price is no infinity."""
    (run,) = read(result([attempt("one", 0.5)], 0, resolved=True), chat("one", "9" * 400, "!", 0))
    assert said(run) == [("assistant", PATCH)]


@pytest.mark.parametrize("text", ["", "\n", "no chat at all", "# aider chat started at x"])
def test_a_transcript_without_turns(text: str) -> None:
    """A text that holds no chat, or one that ended at once, holds no turns."""
    assert all(not each.messages for each in read_chats(text))


def test_every_try_is_a_run_with_its_own_chat() -> None:
    """The chat is that of the try's model and cost; one that no try has is counted as no run."""
    runs = read(RESOLVED)
    assert [run.trial for run in runs] == ["0", "1", "2"]
    assert [run.pointer for run in runs] == [f"/all_results/{n}" for n in range(3)]
    assert [run.model for run in runs] == ["one", "two", "one"]
    assert [run.recorded_at for run in runs] == [f"2026-03-01 10:0{n}:00" for n in range(3)]
    assert [said(run)[1][1] for run in runs][1] == "It is `ledger/rounding.py`."
    assert {(run.task_id, run.subject, run.task_fields) for run in runs} == {
        ("acme__ledger-7", "acme__ledger-7", ())
    }
    found = Aider.from_settings({}).answer([RESOLVED, {"text": TRANSCRIPT}], path="a.json")
    assert [each for each in found if isinstance(each, NoRun)] == [NoRun("chat_without_result")]


def test_the_verdict_is_on_the_chosen_try_alone() -> None:
    """The harness judged one try; the others have aider's report, which alone decides nothing."""
    first, chosen, last = read(RESOLVED)
    assert [(v.name, v.origin, v.outcome, v.pointer) for v in chosen.verdicts] == [
        ("resolved", VerdictOrigin.TEST_HARNESS, VerdictOutcome.ACCEPTED, "/resolved"),
        (
            "aider_report",
            VerdictOrigin.DETERMINISTIC_CHECK,
            VerdictOutcome.REJECTED,
            "/all_results/1",
        ),
    ]
    assert first.verdicts == ()
    assert [(v.name, v.outcome) for v in last.verdicts] == [("aider_report", None)]
    assert chosen.verdicts[1].value == {
        "edit_outcome": True,
        "lint_outcome": True,
        "test_outcome": False,
    }


@pytest.mark.parametrize(
    ("resolved", "outcome"), [(True, "accepted"), (False, "rejected"), ("False", "unreadable")]
)
def test_resolved(resolved: Any, outcome: str) -> None:
    """Only a JSON truth value is a verdict."""
    verdict = read(result(TRIES, 2, resolved=resolved))[2].verdicts[0]
    assert (verdict.value, verdict.outcome) == (resolved, VerdictOutcome(outcome))


def test_without_a_verdict_only_the_chosen_try_is_a_run() -> None:
    """A report from elsewhere names the task, so it would be joined to tries never judged."""
    for row in (result(TRIES, 1), result(TRIES, 1, resolved=None)):
        (run,) = read(row)
        assert run.trial == "1"
        assert [(v.name, v.outcome) for v in run.verdicts] == [("aider_report", None)]
    assert [run.trial for run in read(RESOLVED, tries="chosen")] == ["1"]


def test_a_choice_that_no_try_is() -> None:
    """A row that differs from all its tries is a run of its own, and bears the verdict."""
    row = RESOLVED | {"model_patch": "another"}
    chosen, *others = read(row)
    assert (chosen.trial, chosen.pointer, said(chosen)) == (None, "", [("assistant", "another")])
    assert chosen.verdicts[0].name == "resolved"
    assert all(v.name != "resolved" for run in others for v in run.verdicts)


def test_no_transcript() -> None:
    """Without its chat a try is its patch alone; without a patch either it says nothing."""
    first, second, _ = read(RESOLVED, None)
    assert said(second) == [("assistant", PATCH)]
    assert first.messages is None


def test_an_empty_patch_is_no_output() -> None:
    """A try that talked and handed in nothing has its turns and no output."""
    first, second, _ = read(RESOLVED)
    assert (first.is_empty_handed, second.is_empty_handed) == (True, False)
    assert first.messages
    (silent,) = read(result([attempt("one", 0.5, " \n")], 0, resolved=False))
    assert silent.is_empty_handed
    assert silent.verdicts[0].detail == "no_output"


def test_gold_files_are_an_answer_key() -> None:
    """They are named as one, and reach no turn."""
    for run in read(RESOLVED):
        (key,) = run.answer_keys
        assert "half_even_rounding.py" in key
        assert "half_even_rounding.py" not in str(run.messages)


@pytest.mark.parametrize(
    ("rows", "rule"),
    [
        ([{}], "no_instance_id"),
        ([{"instance_id": 7}], None),
        ([RESOLVED | {"instance_id": " "}], "no_instance_id"),
        ([RESOLVED | {"all_results": {"a": 1}}], "tries_no_list"),
        ([RESOLVED | {"all_results": [1]}], "tries_no_list"),
        ([result([attempt("one", 1, patch=7)], 0)], "patch_no_text"),  # type: ignore[arg-type]
        ([RESOLVED, RESOLVED], "several_results"),
    ],
)
def test_wrong_results(rows: list[Any], rule: str | None) -> None:
    """What is not of the form is refused with a rule; a row that says little is a run of little."""
    reader = Aider.from_settings({})
    if rule is None:
        (run,) = reader.answer(rows, path="a.json")
        assert isinstance(run, RunDraft)
        assert (run.task_id, run.messages, run.verdicts) == ("7", None, ())
        return
    with pytest.raises(RecordError) as caught:
        reader.answer(rows, path="a.json")
    assert caught.value.rule == rule


def test_chats_alone_are_no_run() -> None:
    """A transcript whose result is not there is counted, and gives no run."""
    assert Aider.from_settings({}).answer([{"text": TRANSCRIPT}], path="a.md") == [
        NoRun("chats_without_result")
    ]


@pytest.mark.parametrize("settings", [{"tries": "best"}, {"try": "all"}])
def test_wrong_settings(settings: dict[str, Any]) -> None:
    """An unknown key or value is refused."""
    with pytest.raises(ConfigurationError):
        Aider.from_settings(settings)
