"""The closed vocabularies: categories, verdict origins, outcomes, roles, quarantine reasons.

A member is never renamed or reused, since files on disk name it. A new reason raises the version of
the reasons, which docs/firewall.md names.
"""

from enum import StrEnum
from typing import Final

QUARANTINE_TAXONOMY_VERSION: Final = 5


class Category(StrEnum):
    """What scoring decided about a run."""

    ACCEPTED = "accepted"
    PARTIALLY_ACCEPTED = "partially_accepted"
    REJECTED = "rejected"
    NEEDS_HUMAN_REVIEW = "needs_human_review"


class VerdictOrigin(StrEnum):
    """Who judged, from the highest rank to the lowest: the order of the members is the rank.

    `rank` is 0 for the highest; a lower number decides.
    """

    rank: int

    HUMAN_REVIEW = "human_review"
    TEST_HARNESS = "test_harness"
    HUMAN_FEEDBACK = "human_feedback"
    DETERMINISTIC_CHECK = "deterministic_check"
    MODEL_JUDGE = "model_judge"
    HEURISTIC = "heuristic"

    def __init__(self, _: str) -> None:
        self.rank = len(type(self).__members__)


class VerdictOutcome(StrEnum):
    """What a verdict's value means under the map of its source.

    `instrument_failure`: the harness timed out or the grader crashed; it says nothing of the run.
    `unreadable`: a value that the source's map does not know, such as the string "False".
    """

    ACCEPTED = "accepted"
    PARTIALLY_ACCEPTED = "partially_accepted"
    REJECTED = "rejected"
    INSTRUMENT_FAILURE = "instrument_failure"
    UNREADABLE = "unreadable"


class Polarity(StrEnum):
    """Which way a numeric verdict points."""

    HIGHER_IS_BETTER = "higher_is_better"
    LOWER_IS_BETTER = "lower_is_better"


class SourceRole(StrEnum):
    """What a source's runs may be used for; an evaluation's never reach SFT or preference."""

    TRAIN = "train"
    EVALUATION = "evaluation"


class RecordClass(StrEnum):
    """Whether a record bears a verdict of its own, or takes that of its parent by subject."""

    VERDICT_BEARING = "verdict_bearing"
    EXTRACTION = "extraction"


class QuarantineReason(StrEnum):
    """Why a record, run, pair or verdict is in no export (see `QUARANTINE_TAXONOMY_VERSION`)."""

    MISSING_PROVENANCE = "missing_provenance"
    MISSING_SOURCE_RUN_ID = "missing_source_run_id"
    EMPTY_CONTENT = "empty_content"
    SCHEMA_VIOLATION = "schema_violation"
    UNSAFE_SFT_CATEGORY = "unsafe_sft_category"
    UNSAFE_RAG_CATEGORY = "unsafe_rag_category"
    INVALID_PREFERENCE_PAIRING = "invalid_preference_pairing"
    HALLUCINATED_FILE_PATH = "hallucinated_file_path"
    DUPLICATE_ID = "duplicate_id"
    SELF_PAIRING = "self_pairing"
    CATEGORY_DISALLOWED = "category_disallowed"
    WITHDRAWN = "withdrawn"
    LENGTH_OUT_OF_BOUNDS = "length_out_of_bounds"
    LOOPING = "looping"
    NEAR_DUPLICATE = "near_duplicate"
    SPLIT_LEAK = "split_leak"
    BENCHMARK_CONTAMINATION = "benchmark_contamination"
    SECRET_DETECTED = "secret_detected"  # noqa: S105 - a reason, no password
    LICENCE_DISALLOWED = "licence_disallowed"
    SELF_JUDGED = "self_judged"
    CONFLICTING_VERDICTS = "conflicting_verdicts"
    STALE_VERDICT = "stale_verdict"
    PERSONAL_DATA = "personal_data"
    ORACLE_ACCESS = "oracle_access"
    PROMPT_INJECTION = "prompt_injection"
    REFUSAL = "refusal"
    TRUNCATED_RUN = "truncated_run"
    PLACEHOLDER_CODE = "placeholder_code"


class QuarantineUnit(StrEnum):
    """What one quarantine row stands for: the unit that its stage's conservation law counts."""

    RECORD = "record"
    RUN = "run"
    PAIR = "pair"
    VERDICT = "verdict"
