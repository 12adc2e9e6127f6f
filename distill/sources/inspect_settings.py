"""The table of an `inspect` source in `distill.toml`."""

from pydantic import Field

from distill.records.frozen import FrozenModel
from distill.sources.verdict_map import VerdictMap


class InspectSettings(FrozenModel):
    """Which scores are verdicts, and how they are read.

    `scorers`: the names of the scores that are verdicts, ``name`` or for one key of an object
    ``name/key``; all, where it is empty. `scores`: maps by such a name, for values that are no
    ``C``, ``P``, ``I``, ``N`` and no number from 0 to 1. `unfinished`: the samples of an eval that
    was cancelled or ended with an error keep their scores.
    """

    scorers: tuple[str, ...] = ()
    scores: dict[str, VerdictMap] = Field(default_factory=dict)
    unfinished: bool = False
