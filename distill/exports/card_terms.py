"""What a card says of its kind of set: names, gates, and the columns that `datasets` is to load.

Nested columns are declared as ``json``. Declared as structs they would be filled with nulls where a
key is absent, and tool calls whose arguments clash in type would not load at all.
"""

from dataclasses import dataclass
from typing import Final

from distill.firewall.gates import PAIR_GATES, RAG_GATES, SFT_GATES

_STRING: Final = "dtype: string"
_JSON: Final = "dtype: json"
_JSON_LIST: Final = "list: json"


@dataclass(frozen=True, slots=True, kw_only=True)
class CardTerms:
    """One kind of set. `columns` are name and YAML type, in the order of the row's fields."""

    title: str
    unit: str
    summary: str
    task_category: str
    tags: tuple[str, ...]
    columns: tuple[tuple[str, str], ...]
    gates: tuple[str, ...]


RAG_TERMS: Final = CardTerms(
    title="RAG documents",
    unit="run",
    summary="Texts of agents' runs for retrieval, one run a row.",
    task_category="text-retrieval",
    tags=("distill", "rag"),
    columns=(
        ("id", _STRING),
        ("text", _STRING),
        ("metadata", _JSON),
        ("category", _STRING),
        ("source_category", _STRING),
        ("created_at", _STRING),
        ("source_run_id", _STRING),
        ("provenance", _JSON_LIST),
    ),
    gates=tuple(gate.name for gate in RAG_GATES),
)

SFT_TERMS: Final = CardTerms(
    title="SFT conversations",
    unit="run",
    summary="Conversations of accepted agents' runs, one run a row, in TRL's conversational form.",
    task_category="text-generation",
    tags=("distill", "sft", "trl"),
    columns=(
        ("id", _STRING),
        ("messages", _JSON_LIST),
        ("tools", _JSON_LIST),
        ("quality_score", _STRING),
        ("source_run_id", _STRING),
        ("created_at", _STRING),
        ("provenance", _JSON_LIST),
    ),
    gates=tuple(gate.name for gate in SFT_GATES),
)

PREFERENCE_TERMS: Final = CardTerms(
    title="Preference pairs",
    unit="pair",
    summary="Pairs of runs of one task, in TRL's explicit conversational preference form.",
    task_category="text-generation",
    tags=("distill", "preference", "dpo", "trl"),
    columns=(
        ("id", _STRING),
        ("prompt", _JSON_LIST),
        ("chosen", _JSON_LIST),
        ("rejected", _JSON_LIST),
        ("tools", _JSON_LIST),
        ("chosen_category", _STRING),
        ("rejected_category", _STRING),
        ("chosen_run_id", _STRING),
        ("rejected_run_id", _STRING),
        ("margin", "dtype: float64"),
        ("created_at", _STRING),
        ("provenance", _JSON),
    ),
    gates=tuple(gate.name for gate in PAIR_GATES),
)
