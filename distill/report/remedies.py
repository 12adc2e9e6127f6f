"""What would have to change for a refused unit to come through, one sentence a reason or rule."""

from collections.abc import Mapping
from typing import Final

from distill.records.taxonomy import QuarantineReason

REMEDIES: Final[Mapping[QuarantineReason, str]] = {
    QuarantineReason.LENGTH_OUT_OF_BOUNDS: (
        "set min_chars or max_chars in [firewall.length_out_of_bounds] otherwise"
    ),
    QuarantineReason.LOOPING: (
        "set max_repeats in [firewall.looping] higher, if the repeats are meant to be learnt"
    ),
    QuarantineReason.SECRET_DETECTED: (
        "revoke the credential, then take it out of the log; where it is none, add the rule to"
        " `ignore` in [firewall.secret_detected]"
    ),
    QuarantineReason.ORACLE_ACCESS: (
        "a run of the same task that finds its answer itself; a rule that is wrong here goes into"
        " ignore in [firewall.oracle_access]"
    ),
    QuarantineReason.PROMPT_INJECTION: (
        "nothing but another run; a rule that is wrong here goes into ignore in"
        " [firewall.prompt_injection]"
    ),
    QuarantineReason.REFUSAL: (
        'a run that does the task; action = "off" in [firewall.refusal] where refusing is learnt'
    ),
    QuarantineReason.TRUNCATED_RUN: (
        "a run that ended by itself; a rule that is wrong here goes into ignore in"
        " [firewall.truncated_run]"
    ),
    QuarantineReason.PLACEHOLDER_CODE: (
        "an answer that is written out; a rule that is wrong here goes into ignore in"
        " [firewall.placeholder_code]"
    ),
    QuarantineReason.LICENCE_DISALLOWED: (
        "say licence in the source's table, or list it in [firewall.licence_disallowed] allow"
    ),
    QuarantineReason.SELF_JUDGED: (
        "a verdict of another model, of a test or of a person: join it, or review the run"
    ),
    QuarantineReason.CONFLICTING_VERDICTS: (
        'a review decides; a dissent of a lower rank passes with lower_rank = "pass" in'
        " [firewall.conflicting_verdicts]"
    ),
    QuarantineReason.STALE_VERDICT: (
        "the run changed since somebody judged it: review what it holds by now"
    ),
    QuarantineReason.BENCHMARK_CONTAMINATION: (
        "the run is on an item of a benchmark, or quotes it: leave it out, or take the list out of"
        " [firewall.benchmark_contamination.lists] if nobody will report on it"
    ),
    QuarantineReason.SPLIT_LEAK: (
        "nothing by itself: a prompt like its own belongs to a better protected split, and rows"
        " never move"
    ),
    QuarantineReason.NEAR_DUPLICATE: (
        "the run that is named stands for it; ask for more alike, or a higher min_similarity, in"
        " [firewall.near_duplicate]"
    ),
    QuarantineReason.PERSONAL_DATA: (
        "it stands in a member's name, a number or the run's id, which no placeholder can replace:"
        " take it out of the log; where it is nobody's, add the rule to `ignore` in"
        " [firewall.personal_data]"
    ),
    QuarantineReason.MISSING_PROVENANCE: (
        "name the log it came from: a native evidence record needs its provenance"
    ),
    QuarantineReason.MISSING_SOURCE_RUN_ID: (
        "give the record a run id, or take run_id out of the source's table so that one is made"
    ),
    QuarantineReason.EMPTY_CONTENT: (
        "nothing to train on stands in it: add the missing prompt or answer (a task_table gives"
        " prompts by task id), or leave it where it is"
    ),
    QuarantineReason.SCHEMA_VIOLATION: "mend the record at the place named, or the source's table",
    QuarantineReason.UNSAFE_SFT_CATEGORY: (
        "only another verdict: a human decision in reviews/*.jsonl outranks all others"
    ),
    QuarantineReason.UNSAFE_RAG_CATEGORY: (
        "only another verdict: a human decision in reviews/*.jsonl outranks all others"
    ),
    QuarantineReason.INVALID_PREFERENCE_PAIRING: (
        "a pair needs one prompt that both conversations share up to an assistant's turn, and a"
        " rejected side that the agent, not an instrument, failed"
    ),
    QuarantineReason.HALLUCINATED_FILE_PATH: (
        "the run names files that its repository does not have: mend the listing if it is wrong"
    ),
    QuarantineReason.DUPLICATE_ID: (
        "two different contents have one id: mend the log, or point run_id at what tells them apart"
    ),
    QuarantineReason.SELF_PAIRING: "a pair needs two runs with two different outputs",
    QuarantineReason.CATEGORY_DISALLOWED: (
        "a flag or the source's role keeps it out: include_partial for SFT, include_review for RAG,"
        ' role = "train" in the source\'s table'
    ),
    QuarantineReason.WITHDRAWN: (
        "nothing while its line stands in withdrawals.jsonl, which says who withdrew it and why"
    ),
}

REVIEW_REMEDIES: Final[Mapping[str, str]] = {
    "no_verdict": "no verdict was found: name its pointer, join it with verdicts = {…}, or review",
    "verdict_unreadable": "the verdict's value is not in the source's map: add it there, or review",
    "instrument_failure": "the harness or grader failed: grade the run again, or review",
    "left_for_review": "the reviewer left it open: a later line in reviews/*.jsonl decides",
    "scorer_failed": "the scorer failed over its verdicts: report it, and review the run",
    "no_threshold": "the policy has no threshold for this verdict: add [scoring.thresholds.NAME]",
    "no_parent": "no run with a verdict has this subject: add its source, or review",
    "parents_disagree": "its parents disagree: review them, or this record",
    "same_rank_disagrees": "two judges of one rank disagree: a review decides",
    "same_output_opposite_verdicts": "one output was judged both ways: a review decides",
}
