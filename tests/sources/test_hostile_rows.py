"""Every value of a log may be of any type: a reader answers or refuses, and never breaks."""

import json
from itertools import islice
from typing import Any

import pytest

from distill.sources.assemble import SourceContext, assemble
from distill.sources.atif import Atif
from distill.sources.codex import Codex
from distill.sources.conformance import _asked
from distill.sources.inspect_log import InspectLog
from distill.sources.presets import preset_sources
from distill.sources.protocol import RecordError, RunDraft, Source
from distill.sources.registry import built_in_sources
from tests.sources.damage import damaged, places
from tests.sources.reading import CONTEXT
from tests.sources.samples import atif, codex, inspect
from tests.sources.test_conformance import CASES as SAMPLES
from tests.sources.test_conformance import sample_files

LONGEST = 40_000
JUNK: tuple[Any, ...] = (None, True, 0, -1.5, "", "x", [], [None], ["x"], [{}], {}, {"a": {"b": 1}})
HEADER = {"header.json": json.loads(inspect.members([])["header.json"].replace(b"NaN", b"1"))}
GRADED = inspect.sample(8, events=[], scores={"model_graded_fact": {"value": "C"}})
OLD = inspect.sample(9, transcript={"events": [{"event": "step"}], "content": {}}, score={})

CASES: dict[str, tuple[type[Source], list[Any]]] = {
    **{
        f"inspect-{number}": (InspectLog, [sample, HEADER])
        for number, sample in enumerate([*inspect.SAMPLES, GRADED, OLD])
    },
    "atif": (Atif, [atif.trajectory(), atif.RESULT]),
    "codex-old": (Codex, codex.OLD),
}


@pytest.mark.parametrize("case", CASES)
def test_no_type_breaks_a_reader(case: str) -> None:
    """Each value of a sound log, one after the other, is put in the place of junk of each kind."""
    kind, rows = CASES[case]
    assert _answered(kind.from_settings({}), rows)


@pytest.mark.parametrize("kind", sorted(set(built_in_sources()) - set(preset_sources())))
def test_no_type_breaks_a_built_in_reader(kind: str) -> None:
    """The same for the first rows of every kind's sample, settings included."""
    settings, sample = SAMPLES[kind]
    source = built_in_sources()[kind].from_settings(settings)
    asked = islice(_asked(source, sample_files(sample)), 3)
    assert sum(_answered(source, rows) for _, rows in asked if len(json.dumps(rows)) < LONGEST)


def _answered(source: Source, rows: list[Any]) -> int:
    """Return how many changed rows were answered; any error but a refusal is raised."""
    answered = 0
    for place in places(rows):
        if len(place) == 1:
            continue  # rows are objects: `strict_json.parse` refuses others
        for junk in JUNK:
            try:
                answers = list(source.answer(damaged(rows, place, junk), path="a/b/x.jsonl"))
            except RecordError:
                continue
            answered += 1
            assert answers, place
            for answer in answers:
                if isinstance(answer, RunDraft):
                    _assembled(answer)
    return answered


def _assembled(draft: RunDraft, context: SourceContext = CONTEXT) -> None:
    try:
        assemble(draft, context, ()).record.to_line()
    except RecordError as error:
        assert error.rule == "tool_first"  # noqa: PT017 - any other refusal is the reader's
