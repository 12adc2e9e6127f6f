"""The switch that turns the schema layer off."""

from collections.abc import Callable
from typing import Any

import pytest

from distill.records.samples import PreferenceSample, RagSample, SftSample


@pytest.fixture
def without_schema(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Return what makes all three rows take anything, until the test ends."""

    def construct(cls: Any, row: dict[str, Any], /, **_: bool) -> Any:
        return cls.model_construct(**row)

    def switch() -> None:
        for sample in (RagSample, SftSample, PreferenceSample):
            monkeypatch.setattr(sample, "admit", classmethod(construct))

    return switch
