"""Group stages: a key and all records that have it in, records out, in the order of the keys."""

import inspect
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from distill.errors import ContractError
from distill.receipts.incremental.functions import GroupFunction, RecordFunction
from distill.receipts.incremental.stage import KEY_FUNCTION, IncrementalStage, Work
from distill.receipts.recording import demand_identity, demand_plain

if TYPE_CHECKING:
    from distill.receipts.report import Report


class GroupStage(IncrementalStage):
    """A function of a key and its records, as a stage; see `with_receipt_per_group`."""

    key: Callable[..., object]

    @cached_property
    def group_function(self) -> GroupFunction:
        """The function, and what it asks for."""
        return GroupFunction.of(self.__wrapped__)

    @cached_property
    def key_function(self) -> RecordFunction:
        """The function that tells a record's key."""
        found = RecordFunction.of(self.key)
        if found.takes_place or found.parameters:
            raise ContractError(
                f"the key function {self.key.__qualname__} takes more than a record",
                "a record's key follows from the record alone",
            )
        return found

    def parameters(self) -> tuple[inspect.Parameter, ...]:
        """Return the function's parameters beside key and records."""
        return self.group_function.parameters

    def beside(self) -> Mapping[str, str]:
        """Return the name of the key function: another one groups the same records otherwise."""
        return {KEY_FUNCTION: _name_of(self.key)}

    def _functions(self) -> Sequence[Callable[..., object]]:
        return (self.__wrapped__, self.key)

    def produce(self, work: Work) -> "Report":
        """Write what every group gives."""
        from distill.receipts.incremental import group_run  # noqa: PLC0415 - a skip needs none

        return group_run.produce(self, work)


def _name_of(function: Callable[..., object]) -> str:
    """Return a key function's name, or what it is made of (``operator.itemgetter('task')``).

    Raises:
        ContractError: it has no name that another process would know.
    """
    name = getattr(function, "__qualname__", None)
    module = getattr(function, "__module__", "")
    told = repr(function) if name is None else f"{module}:{name}"
    if " at 0x" in told:
        raise ContractError(f"the key function {told[:80]} has no name", "define it with def")
    return told


def with_receipt_per_group(
    *, stage: str, version: int, key: Callable[..., object]
) -> Callable[[Callable[..., object]], GroupStage]:
    """Make a stage of a function of all records with one key: ``stage(read=…, write=…)``.

    ``key`` is a function of a record that returns text, or None for a record in no group. The
    function is given the key and its records in the order of the inputs, and what it returns is
    written in the order of the keys (by their UTF-8 bytes), in shards. Both functions must look at
    nothing but their arguments; what is asked of them is told in
    `distill.receipts.incremental.functions`.

    Law: the bytes of the shards are those of a full rebuild, whatever was kept from earlier runs,
    and for any number of workers.

    Raises:
        ContractError: see `with_receipt`.
    """
    demand_identity(stage, version)
    if not callable(key):
        raise ContractError(
            f"the key of stage {stage} is a {type(key).__name__}",
            "give a function of a record that returns text or None",
        )
    demand_plain(key, stage)

    def decorate(function: Callable[..., object]) -> GroupStage:
        made = GroupStage(function, stage, version)
        made.key = key
        return made

    return decorate
