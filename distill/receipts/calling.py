"""Which stage is called: its name and version, the module, and the function's name in it."""

from typing import NamedTuple

from distill.receipts.code.modules import Module


class StageIdentity(NamedTuple):
    """Which stage a call is of; ``made_of`` are modules whose code runs in it, beside its own."""

    stage: str
    version: int
    module: Module
    function: str
    made_of: tuple[Module, ...] = ()
