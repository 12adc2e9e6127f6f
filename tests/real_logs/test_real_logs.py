"""Public sets of logs in one workspace: counts equal others', and nothing vanishes.

`DISTILL_RENEW_DOCS=1 pytest tests/real_logs` writes docs/real-logs.md anew.
"""

import os
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from distill.cli import main
from distill.receipts import Outcome
from distill.workspace.project import open_workspace
from tests.real_logs.accounting import OVER_CAP, QUARANTINED, UNACCOUNTED
from tests.real_logs.configuration import configuration
from tests.real_logs.independent import pairs_by_task, partings
from tests.real_logs.lessons import NO_COMMON_PROMPT, NO_PROMPT
from tests.real_logs.page import PAGE, Facts, read_facts, render
from tests.workspaces import counts, make_workspace, read_jsonl, run_all

_PLAIN = {True: "accepted", False: "rejected", None: "needs_human_review"}

pytestmark = pytest.mark.real_logs


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The workspace's folder."""
    return tmp_path_factory.mktemp("real")


@pytest.fixture(scope="module")
def outcomes(root: Path, real_logs: Path) -> dict[str, Outcome]:
    """The five stages, run once."""
    return run_all(make_workspace(root, configuration(real_logs.as_posix()), {}))


@pytest.fixture(scope="module")
def facts(root: Path, real_logs: Path, outcomes: dict[str, Outcome]) -> Facts:
    """The raw logs, and what the run made of each of their runs and pairs."""
    return read_facts(root, real_logs, outcomes)


def test_three_readers_agree(facts: Facts) -> None:
    """SOURCE.md, the raw files and the evidence give the same counts of runs, tasks and pairs."""
    for each in facts.accounts:
        stated = {name: each.expected[name] for name in each.derived}
        assert (each.name, each.derived, each.ours) == (each.name, stated, stated)


def test_every_raw_run_is_one_evidence_record(facts: Facts) -> None:
    """By its place in the log each run is found once, with its own verdict; none is added."""
    raw = {run.place: run for runs in facts.raw.values() for run in runs}
    evidence = {place: end.evidence for place, end in facts.endings.runs.items()}
    assert raw.keys() == evidence.keys()
    for place, run in raw.items():
        assert evidence[place].is_full == run.is_full, place
        assert bool(evidence[place].text) == bool(run.text), place


def test_every_run_is_exported_or_quarantined(facts: Facts) -> None:
    """RAG and SFT hold each run once: as a row, or with the reason that the receipt counts."""
    run_ids = {end.run_id for end in facts.endings.runs.values()}
    for stage, ends in (("export_rag", facts.endings.rag), ("export_sft", facts.endings.sft)):
        assert ends.keys() == run_ids
        found = Counter(ends.values())
        assert found.pop("exported") == counts(facts.outcomes[stage])["exported"]
        assert found == counts(facts.outcomes[stage], "by_reason")


def test_only_contradicted_outputs_change_a_verdict(facts: Facts) -> None:
    """Full is accepted and zero rejected, but for runs whose output was also judged otherwise."""
    for each in facts.accounts:
        texts: dict[tuple[str, str], set[bool]] = {}
        for run in facts.raw[each.name]:
            if run.is_full is not None:
                texts.setdefault((run.task, run.text), set()).add(run.is_full)
        for run in facts.raw[each.name]:
            plain = "partially_accepted" if run.is_partial else _PLAIN[run.is_full]
            is_contradicted = bool(run.text) and len(texts.get((run.task, run.text), ())) == 2
            expected = "needs_human_review" if is_contradicted else plain
            assert facts.endings.runs[run.place].category == expected, run.place


def test_every_pair_is_accounted_for(facts: Facts) -> None:
    """The independent pairs are exported, quarantined or lost for a named cause, without a rest."""
    fates: Counter[str] = Counter()
    for each in facts.accounts:
        assert UNACCOUNTED not in each.fates | each.partial_fates
        assert sum(each.fates.values()) == each.expected["pairs_full_x_zero"]
        fates.update(each.fates)
        fates.update(each.partial_fates)
    receipt = facts.outcomes["export_preference"]
    quarantined = sum(number for fate, number in fates.items() if fate.startswith(QUARANTINED))
    assert fates["exported"] == counts(receipt)["exported"]
    assert quarantined == counts(receipt)["quarantined"]
    assert fates[OVER_CAP] == counts(receipt, "pairs")["over_cap"]


def test_the_capped_counts_are_explained(facts: Facts) -> None:
    """From each capped count of SOURCE.md the causes lead to the number of exported pairs."""
    for each in facts.accounts:
        for losses, stated in (
            (each.capped, "pairs_capped_5_per_task"),
            (each.distinct, "distinct_text_pairs_capped_5"),
        ):
            (_, start), *taken, (_, left) = losses
            assert start == each.expected[stated]
            assert start + sum(number for _, number in taken) == left
            assert left == each.fates["exported"]


def test_every_run_is_paired_or_unpaired_by_its_cause(facts: Facts) -> None:
    """The causes that texts and verdicts give are those that the stage counted."""
    causes: Counter[str] = Counter()
    for each in facts.accounts:
        causes.update(each.runs)
    receipt = facts.outcomes["export_preference"]
    assert causes.pop("paired") == counts(receipt)["paired"]
    assert causes == counts(receipt, "by_unpaired_cause")


def test_no_pair_of_tau_bench_has_a_common_prompt(facts: Facts) -> None:
    """In the raw log all conversations part where the user speaks; so every pair is refused."""
    found = partings(pair for pairs in pairs_by_task(facts.raw["tau-bench"]) for pair in pairs)
    assert all(turn.endswith("of the user") for turn in found)
    (each,) = (each for each in facts.accounts if each.name == "tau-bench")
    assert each.fates == {NO_COMMON_PROMPT: found.total()}


def test_predictions_without_a_prompt_train_nothing(facts: Facts) -> None:
    """SWE-bench gives no SFT and no preference row: accepted runs and pairs are empty_content."""
    (each,) = (each for each in facts.accounts if each.name == "swe-bench-lite")
    assert each.fates == {NO_PROMPT: each.stated["pairs_full_x_zero"]}
    ends = Counter(
        facts.endings.sft[end.run_id]
        for end in facts.endings.runs.values()
        if end.dataset == each.name
    )
    assert "exported" not in ends
    assert ends["empty_content"] == each.stated["verdict_score"]["full"]


def test_tries_that_nobody_judged_train_nothing(facts: Facts) -> None:
    """Aider's other tries are runs without a verdict: in review, and in no set but their reason."""
    raw = facts.raw["aider-swe-bench"]
    ends = [facts.endings.runs[run.place] for run in raw if run.is_full is None]
    assert len(raw) == facts.aider.tries
    assert len(ends) == facts.aider.tries - 183
    assert {end.category for end in ends} == {"needs_human_review"}
    assert "exported" not in {facts.endings.sft[end.run_id] for end in ends}
    assert "exported" not in {facts.endings.rag[end.run_id] for end in ends}


def test_aider_and_the_harness_disagree_where_they_do(facts: Facts) -> None:
    """The dissent that scoring keeps is that of the two graders, run by run in number."""
    ends = [facts.endings.runs[run.place] for run in facts.raw["aider-swe-bench"]]
    found = Counter(end.category for end in ends if end.dissents)
    assert found == {
        "rejected": facts.aider.green_not_resolved,
        "accepted": facts.aider.resolved_not_green,
    }


def test_invented_paths_are_those_of_the_ground_truth(facts: Facts) -> None:
    """In every listed task, and in no other, paths are checked; what is found is the truth."""
    found: dict[str, set[str]] = {}
    checked = set()
    for run in facts.raw["aider-swe-bench"]:
        end = facts.endings.runs[run.place]
        if end.invented is not None:
            checked.add(run.task)
        if end.invented:
            found.setdefault(run.task, set()).update(end.invented)
            assert facts.endings.rag[end.run_id] != "exported"
            assert facts.endings.sft[end.run_id] != "exported"
    assert checked == facts.aider.listed
    assert found == {task: set(paths) for task, paths in facts.aider.invented.items()}
    assert not facts.aider.by_end & found.keys()


def traced(root: Path) -> dict[str, dict[str, Any]]:
    """Return the evidence of Langfuse's traces by their ids."""
    rows = read_jsonl(root / "data" / "evidence" / "langfuse")
    return {row["logged_run_id"]: row for row in rows}


def test_every_trace_is_one_run(root: Path, facts: Facts) -> None:
    """Each file that SOURCE.md counts is a run; nothing is refused, and no correction adds one."""
    assert len(facts.traces) == facts.stated_traces
    assert traced(root).keys() == {trace.identity for trace in facts.traces}


def test_scores_say_what_their_names_mean(root: Path, facts: Facts) -> None:
    """The verdicts are the scores that say something, and nobody who hallucinates is accepted."""
    found = traced(root)
    for trace in facts.traces:
        judged = [v for v in found[trace.identity]["verdicts"] if v["origin"] == "model_judge"]
        assert [(v["name"], v["value"]) for v in judged] == trace.speaking
        bad = [(v["name"], v["value"]) for v in judged if v["outcome"] == "rejected"]
        assert bad == trace.against
        end = facts.endings.runs[f"langfuse-traces/{trace.name}", None, ""]
        assert end.category != "accepted" or not trace.against


def test_turns_of_a_trace_stand_in_it(root: Path, facts: Facts) -> None:
    """What a run says is in its trace word by word, once; a conversation begins with a prompt."""
    found = traced(root)
    for trace in facts.traces:
        turns = found[trace.identity]["messages"]
        assert turns[0]["role"] in ("system", "user"), trace.name
        assert turns[-1]["role"] == "assistant", trace.name
        said = [turn["content"] for turn in turns if turn.get("content")]
        assert len(said) == len(set(said)), trace.name
        missing = [text for text in said if not any(text in whole for whole in trace.texts)]
        # Gemini's answers of tools are objects: they have no text of their own.
        assert missing == [] or trace.name.startswith("google-adk"), trace.name


def test_a_rerun_skips_and_verify_is_sound(root: Path, outcomes: dict[str, Outcome]) -> None:
    """Nothing to do the second time, and every byte is as recorded."""
    assert not any(outcome.skipped for outcome in outcomes.values())
    rerun = run_all(open_workspace(root))
    assert [name for name, outcome in rerun.items() if outcome.skipped] == list(outcomes)
    assert len(rerun) == 5
    assert main(["verify", "--workspace", str(root), "-q"]) == 0


def test_the_page_is_what_the_logs_give(facts: Facts) -> None:
    """docs/real-logs.md is the output of the command that it names."""
    page = render(facts)
    if os.environ.get("DISTILL_RENEW_DOCS"):
        PAGE.write_text(page, encoding="utf-8")
    assert PAGE.read_text(encoding="utf-8") == page
    assert "python -m tests.real_logs.write_page LOGS" in page


def test_a_log_in_two_forms_is_one_run(facts: Facts) -> None:
    """Of Inspect's 18 samples one was logged twice, and one begins in the middle."""
    receipt = facts.outcomes["build_evidence_index"].receipt.claim.counts["by_source"]
    assert not isinstance(receipt, int)
    found = receipt["inspect-logs"]
    assert not isinstance(found, int)
    names = ("files", "runs_declared", "runs_merged", "runs_quarantined", "runs")
    assert [found[name] for name in names] == [12, 18, 1, 1, 16]
    assert len(facts.raw["inspect-logs"]) == 16
