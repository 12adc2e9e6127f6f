"""Kinds by name: built in, from another package, unknown."""

from collections.abc import Iterable
from importlib.metadata import EntryPoint, EntryPoints
from pathlib import Path

import pytest

from distill.errors import ConfigurationError
from distill.sources import registry
from distill.sources.registry import built_in_sources, source_for
from distill.sources.tau_bench import TauBench

PAGE = Path(__file__).parents[2] / "docs" / "sources.md"


def test_built_in_kinds() -> None:
    """Every built-in reader is found by the kind that it names, and stands in the docs."""
    page = PAGE.read_text()
    for kind, source in built_in_sources().items():
        assert source.kind == kind
        assert source_for(kind) is source
        assert f"`{kind}`" in page


def test_unknown_kind() -> None:
    """A misspelt kind is refused with the nearest one."""
    with pytest.raises(ConfigurationError, match="tau_bnch") as caught:
        source_for("tau_bnch")
    assert "'tau_bench'" in caught.value.hint


@pytest.fixture
def _other_packages(monkeypatch: pytest.MonkeyPatch) -> None:
    points = (
        EntryPoint("desk", "distill.sources.tau_bench:TauBench", registry.ENTRY_POINTS),
        EntryPoint("gone", "no_such_package_at_all:Reader", registry.ENTRY_POINTS),
    )

    def found(*, group: str) -> Iterable[EntryPoint]:
        return EntryPoints(points).select(group=group)

    monkeypatch.setattr(registry, "entry_points", found)


@pytest.mark.usefixtures("_other_packages")
def test_readers_of_other_packages() -> None:
    """Another package's kind is loaded; one that can't be is named with the cause."""
    assert source_for("desk") is TauBench
    with pytest.raises(ConfigurationError, match="'gone' can't be loaded"):
        source_for("gone")
