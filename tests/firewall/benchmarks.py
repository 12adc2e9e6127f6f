"""A benchmark made here, and what the gate says of runs beside it."""

import random
from collections.abc import Mapping
from typing import Any

from distill.firewall.benchmark_contamination import NAME, VERSION, check, observe
from distill.firewall.benchmark_index import BenchmarkIndex
from distill.firewall.benchmark_items import item_of
from distill.firewall.finding import Finding, GateSettings, RunCandidate
from distill.records.run_texts import RunTexts
from tests.exports.builders import run

_NAMES = "Mira Tarek Olga Ben Chidi Ines Pavel Ruth Sana Tomas Ugo Vera".split()  # noqa: SIM905 - reads better
_THINGS = "lamps crates letters tickets pears bricks seats lenses ropes stamps cups maps".split()  # noqa: SIM905 - reads better
_PLACES = "harbour school archive workshop theatre bakery station library mill clinic".split()  # noqa: SIM905 - reads better
_VERBS = "sells packs counts mends paints carries sorts lends stores weighs labels ships".split()  # noqa: SIM905 - reads better
FRAME = "Solve the following problem step by step and give the final answer as a number only:"


def _sentence(draw: random.Random) -> str:
    return (
        f"{draw.choice(_NAMES)} {draw.choice(_VERBS)} {draw.randrange(12, 98)}"
        f" {draw.choice(_THINGS)} at the {draw.choice(_PLACES)} before {draw.choice(_NAMES)}"
        f" {draw.choice(_VERBS)} another {draw.randrange(12, 98)} {draw.choice(_THINGS)}."
    )


def story(seed: int, sentences: int = 3) -> str:
    """Some sentences about numbers of things, others for each seed."""
    draw = random.Random(seed)  # noqa: S311 - a text, no secret
    return " ".join(_sentence(draw) for _ in range(sentences))


def item(number: int) -> dict[str, Any]:
    """One item: a frame that all share, a story, an answer, and where it comes from."""
    return {
        "id": f"stories/{number}",
        "prompt": f"{FRAME} {story(number)} How many are left in the end?",
        "answer": f"First, {story(1000 + number, 2)} So {number + 12} are left.",
        "repository": "https://git.example/acme/stories.git",
        "commit": f"{number:040x}",
    }


ITEMS = [item(number) for number in range(60)]
INDEX = BenchmarkIndex("stories", "1.2", [item_of(row) for row in ITEMS])
SALT = b"s" * 32
HASHED = BenchmarkIndex("stories", "1.2", [item_of(row, SALT) for row in ITEMS], SALT)


def finding(
    fields: Mapping[str, Any],
    settings: GateSettings | None = None,
    index: BenchmarkIndex = INDEX,
    told: Mapping[str, str] | None = None,
) -> Finding | None:
    """Return what the gate finds in a run of these fields; ``told`` is what a task table says."""
    given = {**fields, **(told or {})}
    texts = {name: given[name] for name in RunTexts.__dataclass_fields__ if name in given}
    if "task" in fields:
        texts["task_id"] = fields["task"]
    observed = observe(RunTexts(**texts), [index])
    scored, record = run(**fields)
    facts = record.facts.changed(observed={} if observed is None else {NAME: observed})
    assert observed is None or observed.version == VERSION
    return check(RunCandidate(scored, record.changed(facts=facts)), settings or GateSettings())
