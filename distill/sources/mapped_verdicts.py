"""Verdicts in files of their own, described by pointers (`verdicts = {paths, key, value, …}`)."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar, Self

from distill.sources.conversation import scalar_text
from distill.sources.mapped_settings import JoinedSettings
from distill.sources.messages import violation
from distill.sources.places import RunSite, find, parse_place, sites
from distill.sources.pointers import parse_pointer
from distill.sources.protocol import Answer, LooseVerdict, NoRun, Recognition
from distill.sources.reader import Reader
from distill.sources.settings import read_settings


class MappedVerdicts(Reader):
    """A verdict-only reader made of pointers; `mapped` makes it for its joined files."""

    kind: ClassVar[str] = "mapped_verdicts"
    verdict_only = True

    def __init__(self, settings: JoinedSettings) -> None:
        self.settings = settings
        self.framing = settings.layout
        self.records_at = settings.records_at
        self._runs_at = [parse_pointer(text) for text in settings.runs_at]
        self._key = [parse_place(text) for text in settings.key]
        self._value = [parse_place(text) for text in settings.value]

    @classmethod
    def from_settings(cls, settings: Mapping[str, Any]) -> Self:
        """Return the reader for a table ``{paths, key, value, origin, …}``."""
        return cls(read_settings(JoinedSettings, settings, cls.kind))

    @classmethod
    def recognise(cls, path: str, records: Sequence[Any]) -> Recognition | None:  # noqa: ARG003
        """Claim nothing: only a user knows which files hold the verdicts of which."""
        return None

    def answer(self, rows: Sequence[Any], *, path: str) -> Iterable[Answer]:
        """Return one loose verdict for each row, or for each of its objects at `runs_at`."""
        answers = [self._judge(site) for row in rows for site in sites(row, self._runs_at, path)]
        return answers or [NoRun("row_without_runs")]

    def _judge(self, site: RunSite) -> Answer:
        found = find(self._value, site)
        if found is None:
            return NoRun("no_verdict")
        key = find(self._key, site)
        identifier = scalar_text(key.value) if key else None
        if identifier is None:
            raise violation("no_key", "a verdict whose key is absent, blank, or no text or number")
        name = found.pointer.rpartition("/")[2]
        verdict = self.settings.read(found.value, pointer=found.pointer, name=name, path=site.path)
        match = {self.settings.match: identifier}
        return LooseVerdict(match=match, verdict=verdict, pointer=found.pointer)
