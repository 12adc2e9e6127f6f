"""Gate: a run is not accepted on the word of the very model that made it.

Only the verdict that decided counts, where a model gave it. Where a verdict of the same origin and
value comes from another model, the run was not judged by itself alone. Where the log does not name
both models the gate can't tell, and says so.
"""

import re
from collections.abc import Iterator
from typing import Final

from distill.firewall.finding import Finding, GateSettings, RunCandidate
from distill.firewall.observation import UndecidedError
from distill.firewall.settings import Unnamed
from distill.records.evidence import Verdict
from distill.records.taxonomy import QuarantineReason, VerdictOrigin

NAME: Final = "self_judged"

#: What stands before a model's name, and at its end: a snapshot's date, a word for the newest one.
_PROVIDER: Final = re.compile(r"^(?:(?:us|eu|apac)\.)?(?:anthropic|amazon|meta|mistral|openai)[.:]")
_SNAPSHOT: Final = re.compile(r"[-@:_](?:\d{4}-?\d\d-?\d\d|\d{4}|latest|v\d+(?::\d+)?)$")


def check(candidate: RunCandidate, settings: GateSettings) -> Finding | None:
    """Pass unless the only models whose verdict decided are the run's own.

    Raises:
        UndecidedError: a model's verdict decided, and the run's model or its judge has no name.
    """
    judges = {None if one.judge is None else model_name(one.judge) for one in _deciding(candidate)}
    model = candidate.evidence.model
    if not judges or len(judges - {None}) > 1:  # of two models one at least is another
        return None
    if model is None or judges == {None}:
        if settings.firewall.self_judged.unnamed is Unnamed.PASS:
            return None
        unnamed = "model that made the run" if model is None else "model that judged the run"
        raise UndecidedError(QuarantineReason.SELF_JUDGED, f"the log does not name the {unnamed}")
    if model_name(model) not in judges:
        return None
    detail = "the model that made the run gave the verdict that decided"
    return Finding(QuarantineReason.SELF_JUDGED, "same_model", detail)


def model_name(name: str) -> str:
    """Return a model's name without its provider, its snapshot's date and its case.

    ``openai/gpt-4o-2024-08-06`` and ``gpt-4o`` are one model.
    """
    bare = _PROVIDER.sub("", name.strip().lower().rsplit("/", 1)[-1])
    while (shorter := _SNAPSHOT.sub("", bare)) != bare:
        bare = shorter
    return bare


def _deciding(candidate: RunCandidate) -> Iterator[Verdict]:
    decided = candidate.run.decided_by
    if decided is None or decided.origin is not VerdictOrigin.MODEL_JUDGE:
        return
    for verdict in candidate.evidence.verdicts:
        if verdict.origin is decided.origin and verdict.value == decided.value:
            yield verdict
