"""Kinds of sources by name: the built-in ones, and those of other packages' entry points."""

from importlib.metadata import entry_points
from typing import Final

from distill.errors import ConfigurationError, nearest
from distill.sources.aider import Aider
from distill.sources.atif import Atif
from distill.sources.claude_code import ClaudeCode
from distill.sources.codex import Codex
from distill.sources.evidence import Evidence
from distill.sources.inspect_log import InspectLog
from distill.sources.langfuse import Langfuse
from distill.sources.mapped import Mapped
from distill.sources.openhands import OpenHands
from distill.sources.otel_genai import OtelGenai
from distill.sources.presets import preset_sources
from distill.sources.protocol import Source
from distill.sources.reviews import Reviews
from distill.sources.swe_agent import SweAgent
from distill.sources.swe_bench_predictions import SweBenchPredictions
from distill.sources.swe_bench_report import SweBenchReport
from distill.sources.tau2 import Tau2
from distill.sources.tau_bench import TauBench

ENTRY_POINTS: Final = "distill.sources"
_READERS: Final[tuple[type[Source], ...]] = (
    Evidence,
    Reviews,
    TauBench,
    Tau2,
    Aider,
    SweAgent,
    OpenHands,
    SweBenchPredictions,
    SweBenchReport,
    Langfuse,
    InspectLog,
    Atif,
    OtelGenai,
    ClaudeCode,
    Codex,
    Mapped,
)


def built_in_sources() -> dict[str, type[Source]]:
    """Return the readers that come with Distill, by kind."""
    return {source.kind: source for source in _READERS} | dict(preset_sources())


def source_for(kind: str) -> type[Source]:
    """Return the reader of a kind; other packages are loaded only for a kind that is not built in.

    Raises:
        ConfigurationError: nobody knows the kind (the hint names the nearest known one), or the
            package that registers it can't be loaded.
    """
    built_in = built_in_sources()
    if kind in built_in:
        return built_in[kind]
    others = {point.name: point for point in entry_points(group=ENTRY_POINTS)}
    if kind not in others:
        raise ConfigurationError(
            f"unknown kind of source: {kind!r}", nearest(kind, [*built_in, *others])
        )
    try:
        loaded: type[Source] = others[kind].load()
    except (ImportError, AttributeError) as error:
        raise ConfigurationError(
            f"the package that registers the source {kind!r} can't be loaded: {error}",
            f"reinstall the package that brings {others[kind].value}",
        ) from error
    return loaded
