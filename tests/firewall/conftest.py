"""The switch that turns the schema layer off."""

from collections.abc import Callable
from typing import Any

import pytest
from msgspec import defstruct

from distill.records.samples import PreferenceSample, RagSample, SftSample


@pytest.fixture
def without_schema(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Return what makes all three rows take anything, until the test ends."""

    def construct(cls: Any, row: dict[str, Any], /, **_: bool) -> Any:
        unchecked = {"__post_init__": lambda _: None}
        loose = defstruct(cls.__name__, [], bases=(cls,), namespace=unchecked, frozen=True)
        return loose(**row)

    def switch() -> None:
        for sample in (RagSample, SftSample, PreferenceSample):
            monkeypatch.setattr(sample, "admit", classmethod(construct))

    return switch
