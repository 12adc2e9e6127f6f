"""The sets that the five stages make, by the stage that makes each, in their order."""

from collections.abc import Mapping
from typing import Final

from distill.stages import evidence, preference, rag, scoring, sft

SETS: Final[Mapping[str, str]] = {
    evidence.STAGE: "evidence",
    scoring.STAGE: "scored",
    rag.STAGE: "rag",
    sft.STAGE: "sft",
    preference.STAGE: "preference",
}
STAGES: Final = tuple(SETS)
