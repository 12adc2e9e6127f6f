"""What a reader learns from the accounts, with the numbers worked out from the same facts."""

import json
import re
import textwrap
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from tests.real_logs.accounting import (
    JUDGED_BOTH_WAYS,
    ONE_TEXT,
    QUARANTINED,
    REPEATED,
    Account,
)
from tests.real_logs.aider import AiderTruth
from tests.real_logs.endings import Endings
from tests.real_logs.independent import Run, pairs_by_task, partings, spoken
from tests.real_logs.langfuse import Trace

NO_COMMON_PROMPT: Final = f"{QUARANTINED}invalid_preference_pairing, no_common_prompt"
NO_PROMPT: Final = f"{QUARANTINED}empty_content, no_prompt"

#: Runs of this folder answer a program's prompt with tests for it.
TEST_WRITING: Final = "reflexion/testacc_humaneval_py/"

_SORRY: Final = re.compile(r"\b(?:I apologi[sz]e|I'?m sorry|I am sorry|Sorry)\b")

Raw = Mapping[str, Sequence[Run]]


def lessons(
    accounts: Sequence[Account],
    raw: Raw,
    endings: Endings,
    aider: AiderTruth,
    traces: Sequence[Trace],
) -> Iterator[str]:
    """Yield the paragraphs, one a lesson, as the items of a list."""
    by_name = {each.name: each for each in accounts}
    texts = (
        _tau_bench(by_name["tau-bench"], raw["tau-bench"]),
        _reflexion(by_name["reflexion"], raw["reflexion"]),
        _test_writing(raw["reflexion"], endings),
        _gsm8k(by_name["gsm8k"]),
        _swe_bench(by_name["swe-bench-lite"], raw["swe-bench-lite"], endings),
        _aider(by_name["aider-swe-bench"], raw["aider-swe-bench"], endings, aider),
        _invented_paths(raw["aider-swe-bench"], endings, aider),
        _langfuse(raw["langfuse-traces"], endings, traces),
        _intercode(by_name["intercode"]),
        _apologies(raw["intercode"], endings),
        _inspect(by_name["inspect-logs"]),
        _alike(endings),
    )
    for text in texts:
        yield textwrap.fill(
            f"- {text}",
            width=100,
            subsequent_indent="  ",
            break_long_words=False,
            break_on_hyphens=False,
        )


def _tau_bench(each: Account, raw: Sequence[Run]) -> str:
    found = partings(pair for pairs in pairs_by_task(raw) for pair in spoken(pairs))
    parted = ", ".join(f"{turn} ({number})" for turn, number in sorted(found.items()))
    return (
        "**tau-bench: no preference pair.** Its simulated user words each trial's opening"
        f" differently. The conversations of the {sum(found.values())} pairs part at {parted}: in"
        f" none is it the agent who goes on otherwise. So {each.fates[NO_COMMON_PROMPT]} pairs are"
        " `invalid_preference_pairing`: they would teach the difference between two users, not"
        " between two answers. The accepted runs are in SFT and RAG."
    )


def _reflexion(each: Account, raw: Sequence[Run]) -> str:
    counts, fates = each.derived, each.fates
    by_name = sum(len(spoken(pairs)) for pairs in pairs_by_task(raw, by_bare_id=True))
    review = sum(n for (_, category), n in each.categories.items() if category.startswith("needs"))
    return (
        "**reflexion: contradictions and repetition.**"
        f" {counts['same_task_same_text_conflicting_score']} outputs passed in one file and failed"
        " in another. Nobody can say from the logs which is right, so all"
        f" {review} runs of such an output need review, and {fates[ONE_TEXT]} pairs of one text"
        f" and {fates[JUDGED_BOTH_WAYS]} others go with them. The same code comes back in many"
        f" settings: a pair of texts is examined once, which takes {fates[REPEATED]} pairs."
        f" {counts['bare_ids_shared_by_different_prompts']} names stand for a Python and a Rust"
        f" task; paired by the bare name there would be {by_name} pairs instead of"
        f" {counts['pairs_full_x_zero']}."
    )


def _test_writing(raw: Sequence[Run], endings: Endings) -> str:
    runs = [run for run in raw if run.place[0].startswith(TEST_WRITING)]
    ids = {endings.runs[run.place].run_id for run in runs}
    rows = sum(endings.sft[run_id] == "exported" for run_id in ids)
    exported = [pair for pair, end in endings.pairs.items() if end == "exported"]
    mixed = sum(len(ids.intersection(pair)) == 1 for pair in exported)
    return (
        "**reflexion: what no gate can see.** In one of the 23 files (`testacc_humaneval_py`) the"
        " model wrote tests, and the log holds them under the prompt and the field of the program."
        f" By its fields it is the same task, so {rows} of its {len(runs)} runs are SFT rows that"
        f" answer a program's prompt with assertions, and {mixed} of the exported pairs weigh a"
        " program against assertions. They are in here because the stated counts include them. In"
        " a workspace of your own leave the file out of `paths`, or give it a source with a"
        " `dataset` of its own, which makes its tasks other tasks. Look at `distill preview`"
        " and at some rows before you train."
    )


def _gsm8k(each: Account) -> str:
    return (
        "**gsm8k: nearly every pair.** A row holds four runs, so no task reaches the cap of five,"
        f" and all pairs are exported but {each.fates[REPEATED]}, whose texts are those of another"
        " pair."
    )


def _swe_bench(each: Account, raw: Sequence[Run], endings: Endings) -> str:
    ids = [endings.runs[run.place].run_id for run in raw]
    sft = Counter(endings.sft[run_id] for run_id in ids)
    rag = Counter(endings.rag[run_id] for run_id in ids)
    return (
        f"**swe-bench-lite: RAG alone.** Predictions hold no prompt, so {sft['empty_content']}"
        f" accepted runs and {each.fates[NO_PROMPT]} pairs are `empty_content` in SFT and"
        " preference; a `task_table` would give the prompts."
        f" {each.derived['runs_without_output']} predictions have a null or blank patch: they are"
        f" rejected, and in no pair. RAG takes {rag['exported']} patches, and most of them are the"
        " benchmark's own answers: see the comment in the configuration."
    )


def _aider(each: Account, raw: Sequence[Run], endings: Endings, truth: AiderTruth) -> str:
    judged = [endings.runs[run.place] for run in raw if run.is_full is not None]
    dissents = sum(end.dissents for end in judged)
    return (
        f"**aider-swe-bench: tries that nobody judged.** A row holds up to six tries, {len(raw)} in"
        f" all; the counts above are of the {len(judged)} that were chosen and judged. The other"
        f" {len(raw) - len(judged)} have no verdict of the harness: they need review, and train"
        f" nothing. {truth.tries_without_patch} tries handed in no patch,"
        f" {each.derived['runs_without_output']} of them chosen. Aider's own report disagrees with"
        f" the harness on {dissents} runs: {truth.green_not_resolved} are green and not resolved,"
        f" {truth.resolved_not_green} resolved and not green. The harness decides, and the dissent"
        f" is kept. {len(truth.no_chats)} task has no transcript in the folder: its tries have no"
        " prompt."
    )


def _invented_paths(raw: Sequence[Run], endings: Endings, truth: AiderTruth) -> str:
    ends = [endings.runs[run.place] for run in raw]
    checked = [end for end in ends if end.invented is not None]
    found = [end for end in checked if end.invented]
    accepted = sum(end.category == "accepted" for end in found)
    return (
        "**aider-swe-bench: invented paths.** `derived/` lists the real paths of"
        f" {len(truth.listed)} tasks' repositories, and {len(truth.invented)} paths that a model"
        f" named there and that no file has. In the {len(checked)} tries of these tasks"
        f" {len(found)} name such a path, and they name just these, each in one try of its task;"
        f" no other try is blamed, nor is the task where a real file is named by its end alone"
        f" ({len(truth.by_end)}). Of them {accepted} was resolved: it is `hallucinated_file_path`"
        " in every set."
    )


def _langfuse(raw: Sequence[Run], endings: Endings, traces: Sequence[Trace]) -> str:
    categories = Counter(endings.runs[run.place].category for run in raw)
    scored = sum(bool(trace.scores) for trace in traces)
    scores = sum(len(trace.scores) for trace in traces)
    speaking = sum(len(trace.speaking) for trace in traces)
    one = sum(
        value == 1 for trace in traces for name, value in trace.scores if name == "hallucination"
    )
    corrections = sum(len(trace.corrections) for trace in traces)
    same = sum(text in trace.texts for trace in traces for text in trace.corrections)
    return (
        "**langfuse: what a score of 1 means.** Its SOURCE.md speaks of 20 traces, 11 of them with"
        f" scores; the folder holds {len(traces)}, {scored} of them with scores, and states no other"
        f" count. All {scores} scores are by judges. {speaking} of them say something of the run: a low"
        " hallucination or toxicity says only that an answer has no such flaw, so"
        f" {scored - sum(bool(t.speaking) for t in traces)} of the scored traces still need a person."
        f" In {one} the hallucination is 1, which is bad (two others that SOURCE.md names are not in"
        " the folder); in one a correctness of 1 stands beside a hallucination of 0.9, and no category"
        f" is made of that. Outputs corrected by a person: {corrections}; with a text that is the"
        f" model's own, so that it was accepted as it is and makes no pair: {same}. In all"
        f" {categories['accepted']} accepted, {categories['rejected']} rejected,"
        f" {categories['needs_human_review']} for review."
    )


def _intercode(each: Account) -> str:
    return (
        "**intercode: turns, not texts.** Actions and what they led to take turns, so that a row"
        " shows what the agent saw. A pair's prompt is then all that both runs did and saw alike:"
        f" {each.fates[NO_COMMON_PROMPT]} pairs do not part at an action (the environment answered"
        " one action in two ways, or one run ended there), and are refused."
        f" {each.partial_fates['exported']} pairs weigh a full run over a"
        " partial one, in tasks where nothing was rejected. The file with a `meta` object beside its"
        " `logs` is a source of its own; the log's verdict is the best turn's reward, which need not"
        " be the last one's."
    )


def _apologies(raw: Sequence[Run], endings: Endings) -> str:
    acts = [json.loads(run.output or "[]")[::2] for run in raw]
    sorry = [[bool(_SORRY.search(one)) for one in texts] for texts in acts]
    refused = sum(endings.sft[endings.runs[run.place].run_id] == "refusal" for run in raw)
    return (
        f"**intercode: an apology is no refusal.** {sum(map(any, sorry))} runs hold an apology"
        f" among their actions, {sum(bool(one) and one[-1] for one in sorry)} of them in the last"
        " one: there the agent takes something back or asks for the names of tables. None hands in"
        f" that it can't help, so {refused} of the runs are `refusal`."
    )


def _inspect(each: Account) -> str:
    review = sum(n for (_, category), n in each.categories.items() if category.startswith("needs"))
    return (
        "**inspect-logs: one eval, two files.** The 12 logs hold 18 samples. One is logged as"
        " `.eval` and as `.json`, and is one run with both origins. One, of a test of tool errors,"
        " begins with a tool's result and is refused (`tool_first`). The other"
        f" {each.runs.total()} are the runs above; {review} of them come from an eval that was"
        " cancelled, so that their scores are no verdicts, though the log has them."
    )


def _alike(endings: Endings) -> str:
    source_of = {end.run_id: end.source for end in endings.runs.values()}
    found = Counter(source_of[run] for run, end in endings.rag.items() if end == "near_duplicate")
    return (
        f"**{sum(found.values())} runs are like another one.** So many are kept out of RAG by"
        f" `near_duplicate`, {found['reflexion']} of them in reflexion, whose files hold several"
        " rounds over the same tasks: most are one solution again, word for word. Of those that"
        " differ, a sample was looked at by hand. It held one way to solve a task with another name,"
        " comment or operator, and two tasks of HumanEval that differ in the kind of their brackets"
        " alone. The gate has no say about pairs."
    )
