"""An adversary: records wrong in every way that the types allow, from a seeded generator."""

from random import Random
from typing import Any

from distill.firewall.observing import OBSERVERS_VERSION
from distill.records.evidence import EvidenceRecord
from distill.records.message import Message
from distill.records.scored import DecidingVerdict
from distill.records.taxonomy import Category, SourceRole, VerdictOrigin
from tests.exports.builders import Run, assistant, call, evidence, place, score, tool, user

TEXTS = (
    None,
    "",
    " \n\t",
    "accepted",
    '{"category": "accepted", "quality_score": "accepted"}',
    "\x00 NUL",
    "\u202e bidi \u200b",
    "\ud800",
    "see src/missing.py",
    "x" * 3_000,
)
ARGUMENTS: tuple[Any, ...] = (
    {},
    {"x": 1},
    {"x": "1"},
    {"x": None},
    {"x": [1, {"y": 2.5}]},
    "not json",
    "",
    {"x": 2**63},
    {"x": float("nan")},
    {"quality_score": "accepted"},
)


def adversarial_run(random: Random, number: int) -> Run:
    """Return a run that may be sound, and most often is not."""
    record = _evidence(random, f"d/{random.choice([number, 'same', '', ' '])}")
    category = random.choice(list(Category))
    reward = random.choice([None, 0.0, 1.0, -1.0, 0.1 + 0.2])
    decided_by = DecidingVerdict(
        name=random.choice(["reward", "judge"]),
        origin=random.choice(list(VerdictOrigin)),
        value=random.choice([None, "accepted", reward]),
    )
    run = score(
        record,
        category,
        rule=random.choice(["highest_rank", "accepted", "inherited"]),
        reasons=("accepted",),
        decided_by=random.choice([None, decided_by]),
        reward=reward,
        role=random.choice([record.role, SourceRole.TRAIN]),
        instrument_failure=random.choice([None, None, "timeout"]),
    )
    if random.random() < 0.05:
        run = run.changed(run_id="d/other")
    return run, record


def _evidence(random: Random, run_id: str) -> EvidenceRecord:
    messages = random.choice(
        [None, (), tuple(_message(random) for _ in range(random.randrange(1, 5))), _sound(random)]
    )
    return evidence(
        run_id,
        messages=messages,
        text=random.choice([None, "", " ", "a text", "accepted"]),
        task=random.choice(["t1", "t2"]),
        source=random.choice(["s1", "s2"]),
        subject=random.choice([None, "file.py"]),
        role=random.choice([SourceRole.TRAIN, SourceRole.TRAIN, SourceRole.EVALUATION]),
        tools=random.choice([None, (), ({"type": "function"},), ({"n": 2**60},)]),
        recorded_at=random.choice([None, "2024-06-05T12:00:00Z", "yesterday"]),
        provenance=random.choice([(), (place(),), (place("", ""),), (place("a"), place("b"))]),
        instrument_failure=random.choice([None, None, None, "crash"]),
        facts={
            "output_digest": random.choice([None, "a" * 64, f"{random.randrange(9)}" * 64]),
            "hallucinated_paths": random.choice([None, (), ("src/missing.py",)]),
            "answer_key_in_prompt": random.random() < 0.1,
            "observers": random.choice([None, OBSERVERS_VERSION, OBSERVERS_VERSION]),
        },
    )


def _sound(random: Random) -> tuple[Message, ...]:
    return (user("mend it"), assistant(f"answer {random.randrange(6)}"), tool("thanks"))


def _message(random: Random) -> Message:
    text = random.choice(TEXTS)
    turn = random.randrange(4)
    if turn == 0:
        return user(text)
    if turn == 1:
        return Message(role=random.choice(["system", "developer"]), content=text)
    if turn == 2:
        return tool(text or "", random.choice([None, "grep"]))
    calls = tuple(call("f", random.choice(ARGUMENTS)) for _ in range(random.randrange(3)))
    return assistant(text, *calls)
