"""Names under which logs keep their verdicts, the likeliest first."""

from typing import Final

VERDICT_NAMES: Final = (
    *("verdict", "is_correct", "is_solved", "resolved", "solved", "passed", "correct"),
    *("is_resolved", "is_success", "success", "accepted", "reward", "score", "decision"),
    *("grade", "rating", "human_rating", "feedback", "label", "outcome", "status", "result"),
    *("max_reward", "judgement", "judgment", "target", "pass", "quality", "test_result"),
    *("hallucination", "toxicity"),
)
