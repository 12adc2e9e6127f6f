"""All labelled sets, in the order of the page's table."""

from typing import Any, Final

from tests.firewall.labelled import (
    answer_key,
    benchmark_contamination,
    hallucinated_file_path,
    judges,
    licences,
    looping,
    near_duplicate,
    oracle_access,
    personal_data,
    placeholder_code,
    prompt_injection,
    refusal,
    secret_detected,
    truncated_run,
)
from tests.firewall.labelled.labelled_set import LabelledSet

SETS: Final[tuple[LabelledSet[Any], ...]] = (
    answer_key.SET,
    hallucinated_file_path.SET,
    looping.SET,
    secret_detected.SET,
    personal_data.SET,
    oracle_access.SET,
    prompt_injection.SET,
    refusal.SET,
    truncated_run.SET,
    placeholder_code.SET,
    licences.SET,
    judges.SELF_JUDGED,
    judges.CONFLICTING_VERDICTS,
    judges.STALE_VERDICT,
    near_duplicate.SET,
    benchmark_contamination.SET,
)
