"""Which observers look at a run's texts when its evidence is built, and what they may say.

An observer is a function ``observe(texts) -> Observation | None`` in its gate's module: null where
there is nothing to tell. It takes time linear in the texts, whatever they hold. What it tells is
stored with the evidence, so that a gate's settings can change without a text being read again: an
observer reads no setting that a gate has.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Final, TypeAlias

from distill.firewall import (
    benchmark_contamination,
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
from distill.firewall.blocks import blocks
from distill.firewall.finding import GATE_ERRORS
from distill.firewall.looking import together
from distill.records.evidence import Observation
from distill.records.run_texts import RunTexts

if TYPE_CHECKING:
    from distill.firewall.benchmark_index import BenchmarkIndex
    from distill.firewall.person_names import FindNames

#: Characters of runs that are looked at in one go: what is made of them stays in a core's cache.
_TOGETHER: Final = 1 << 17

Observe: TypeAlias = Callable[[RunTexts], Observation | None]

#: The version of the table: it goes up with every observer that is added, and with the version of
#: any of them.
OBSERVERS_VERSION: Final = 15

#: By the name of the gate: the version of its rule, and its observer.
OBSERVERS: Final[Mapping[str, tuple[int, Observe]]] = {
    benchmark_contamination.NAME: (
        benchmark_contamination.VERSION,
        benchmark_contamination.observe,
    ),
    looping.NAME: (looping.VERSION, looping.observe),
    near_duplicate.NAME: (near_duplicate.VERSION, near_duplicate.observe),
    secret_detected.NAME: (secret_detected.VERSION, secret_detected.observe),
    personal_data.NAME: (personal_data.VERSION, personal_data.observe),
    oracle_access.NAME: (oracle_access.VERSION, oracle_access.observe),
    prompt_injection.NAME: (prompt_injection.VERSION, prompt_injection.observe),
    refusal.NAME: (refusal.VERSION, refusal.observe),
    truncated_run.NAME: (truncated_run.VERSION, truncated_run.observe),
    placeholder_code.NAME: (placeholder_code.VERSION, placeholder_code.observe),
}


def observe(
    texts: RunTexts,
    benchmarks: "Sequence[BenchmarkIndex]" = (),
    find_names: "FindNames | None" = None,
) -> dict[str, Observation]:
    """Return what the observers tell of a run, by gate, in the order of the table.

    ``benchmarks`` are the lists that a run is compared with; ``find_names`` is what names of
    persons are looked for with.

    Law: an observer that fails is `undecided`, so that no run is clean because of an error.
    """
    return observe_all((texts,), benchmarks, find_names)[0]


def observe_all(
    runs: Sequence[RunTexts],
    benchmarks: "Sequence[BenchmarkIndex]" = (),
    find_names: "FindNames | None" = None,
) -> list[dict[str, Observation]]:
    """Return what `observe` tells of each run; what several need is looked at in one go.

    Law: what is told of a run does not depend on the others.
    """
    told: list[dict[str, Observation]] = []
    for block in blocks(map(_chars, runs), _TOGETHER):
        some = runs[block]
        with together(some):
            told += [_told(texts, benchmarks, find_names) for texts in some]
    return told


def _told(
    texts: RunTexts, benchmarks: "Sequence[BenchmarkIndex]", find_names: "FindNames | None"
) -> dict[str, Observation]:
    told: dict[str, Observation] = {}
    for name, (version, ask) in OBSERVERS.items():
        try:
            if ask is benchmark_contamination.observe:
                observation = benchmark_contamination.observe(texts, benchmarks)
            elif ask is personal_data.observe:
                observation = personal_data.observe(texts, find_names)
            else:
                observation = ask(texts)
        except GATE_ERRORS as error:
            why = f"its observer failed: {type(error).__name__}"
            observation = Observation(version=version, undecided=why)
        if observation is not None:
            told[name] = observation
    return told


def _chars(run: RunTexts) -> int:
    """Return the characters of a run's texts; 0 where they can't be read: its observers tell so."""
    try:
        return sum(map(len, run.strings))
    except GATE_ERRORS:
        return 0
