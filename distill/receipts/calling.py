"""Which stage is called: its name and version, the module, and the function's name in it."""

from dataclasses import dataclass

from distill.receipts.modules import Module


@dataclass(frozen=True)
class StageIdentity:
    """Which stage a call is of."""

    stage: str
    version: int
    module: Module
    function: str
