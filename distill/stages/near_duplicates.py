"""Which runs are alike, worked out over all of them: clusters by facet, and who is kept.

Runs with one digest are one text. Other texts are compared by their shingles, which are read from
the evidence: of candidates alone. Of the runs that are alike in every facet asked for, the one with
the best category is kept; then the one that may be trained on, the one that was judged by the
highest origin, the shortest, the one with the least id.

Law: what comes of it depends on the runs and the settings, not on the order of either.
"""

import json
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from distill.firewall.facets import Facet, facets_of
from distill.firewall.near_duplicate import NAME, bands_name
from distill.firewall.settings import NearDuplicateSettings
from distill.firewall.splits import position_of
from distill.records.evidence import EvidenceRecord
from distill.records.taxonomy import Category, SourceRole
from distill.stages.lines import RandomReader
from distill.stages.narrow import NarrowTables, Row, chunked

NEAR_SCHEMA: Final = """
CREATE TABLE places (
    seq INTEGER PRIMARY KEY, file INTEGER, start INTEGER, end INTEGER, role INTEGER,
    origin INTEGER, chars INTEGER, position INTEGER
);
CREATE TABLE facets (seq INTEGER, facet TEXT, digest TEXT, bands TEXT);
CREATE TABLE clusters (facet TEXT, digest TEXT, cluster TEXT, PRIMARY KEY (facet, digest));
CREATE TABLE alike (seq INTEGER PRIMARY KEY, clusters TEXT);
"""

_TEXTS: Final = "SELECT digest, MAX(bands), MIN(seq) FROM facets WHERE facet = ? GROUP BY digest"
_SIZES: Final = (
    "CREATE TABLE sizes AS SELECT facet, cluster, COUNT(*) AS runs"
    " FROM facets JOIN clusters USING (facet, digest) GROUP BY facet, cluster"
)
_RUNS: Final = (
    "SELECT seq, facet, cluster, runs FROM facets JOIN clusters USING (facet, digest)"
    " JOIN sizes USING (facet, cluster) ORDER BY seq, facet"
)
_GROUPS: Final = (
    "SELECT clusters, seq, source, line, category, role, origin, chars, run_id"
    " FROM alike JOIN runs USING (seq) JOIN places USING (seq) ORDER BY clusters, seq"
)
#: What a run asks; of one that is a text alone, the text.
_ASKED: Final = """
CREATE TABLE asked AS SELECT seq, facet, cluster, position
FROM facets JOIN clusters USING (facet, digest) JOIN places USING (seq)
WHERE facet = 'prompt' OR facet = 'output' AND seq NOT IN
(SELECT seq FROM facets WHERE facet = 'prompt')
"""
_FLOORS: Final = """
SELECT source, line, least FROM asked JOIN
(SELECT facet, cluster, MIN(position) AS least FROM asked GROUP BY facet, cluster)
USING (facet, cluster) JOIN runs USING (seq) WHERE least < position ORDER BY source, line
"""
_RANKS: Final = {category.value: rank for rank, category in enumerate(Category)}
_KEPT: Final = 64 * 1024 * 1024  # bytes of shingles in memory


def near_row(record: EvidenceRecord, origin: int, start: int, end: int) -> list[Any]:
    """Return what is asked of a run: its place, what it is ranked by, and its facets."""
    told = record.facts.observed.get(NAME)
    names = {} if told is None else told.names
    found = [[one, names[one], names.get(bands_name(one))] for one in Facet if one in names]
    role = int(record.role is not SourceRole.TRAIN)
    rank = [role, origin, record.facts.text_chars]
    return [start, end, *rank, position_of(record), found]


def add_near_row(tables: NarrowTables, seq: int, file: int, row: Sequence[Any]) -> None:
    """Put what `near_row` gave of run `seq`, whose line stands in `file`, into the tables."""
    *place, facets = row
    tables.add("places", (seq, file, *place))
    for facet in facets:
        tables.add("facets", (seq, *facet))


def _rank(row: Row) -> tuple[Any, ...]:
    """Return what the best of a group is the least by: category first, the id last."""
    category, *others = row[-5:]
    return (_RANKS[category], *others)


@dataclass
class NearDuplicateSearch:
    """Looks for runs that are alike; ``files`` are those of the evidence, by their numbers."""

    tables: NarrowTables
    files: Sequence[Path]
    settings: NearDuplicateSettings
    _reader: RandomReader = field(default_factory=RandomReader)
    _shingles: OrderedDict[tuple[int, Facet], Any] = field(default_factory=OrderedDict)
    _bytes: int = 0

    def found(self) -> Iterator[tuple[str, int, dict[str, Any]]]:
        """Yield source, line and the fields of `NearDuplicates` of each run that is like another.

        ``runs.category`` in the tables is the category in the end.
        """
        self.tables.run("CREATE INDEX by_seq ON facets (seq)")
        self.tables.run("CREATE INDEX by_digest ON facets (facet, digest)")
        for facet in Facet:
            self._cluster(facet)
        self.tables.run(_SIZES)
        self._join()
        for _, group in chunked(self.tables.rows(_GROUPS)):
            yield from self._told(group)
        self._reader.close()

    def floors(self) -> Iterator[tuple[str, int, int]]:
        """Yield source, line and the `split_floor` of each run that has one, after `found`."""
        self.tables.run(_ASKED)
        yield from self.tables.rows(_FLOORS)

    def _cluster(self, facet: Facet) -> None:
        from distill.firewall.clustering import clusters  # noqa: PLC0415 - brings numpy
        from distill.firewall.minhash import read_bands, similarity  # noqa: PLC0415

        digests: list[str] = []
        bands: list[bytes | None] = []
        runs: list[int] = []
        for digest, told, seq in self.tables.rows(f"{_TEXTS} ORDER BY digest", (facet,)):
            digests.append(digest)
            bands.append(None if told is None else read_bands(told))
            runs.append(seq)
        least = 10 * self.settings.min_similarity

        def is_alike(one: int, other: int) -> bool:
            texts = (self._shingles_of(runs[number], facet) for number in (one, other))
            return similarity(*texts) >= least

        for digest, first in zip(digests, clusters(bands, is_alike), strict=True):
            self.tables.add("clusters", (facet, digest, digests[first]))

    def _join(self) -> None:
        """Say of each run with which others it shares a cluster in all that is asked for."""
        for seq, facets in chunked(self.tables.rows(_RUNS)):
            asked = [one for one in facets if one[1] in self.settings.alike]
            if asked and all(runs > 1 for *_, runs in asked):
                shared = {facet: cluster for _, facet, cluster, _ in asked}
                self.tables.add("alike", (seq, json.dumps(shared)))

    def _told(self, group: Sequence[Row]) -> Iterator[tuple[str, int, dict[str, Any]]]:
        clusters, kept, *_, kept_id = min(group, key=_rank)
        for _, seq, source, line, *_ in group if len(group) > 1 else ():
            fields = {"kept": kept_id, "clusters": json.loads(clusters)}
            fields["similarity"] = {} if seq == kept else self._similarities(seq, kept)
            yield source, line, fields

    def _similarities(self, seq: int, kept: int) -> dict[str, int]:
        from distill.firewall.minhash import similarity  # noqa: PLC0415 - brings numpy

        one, other = self._digests(seq), self._digests(kept)
        return {
            facet: 1000
            if one[facet] == other[facet]
            else similarity(self._shingles_of(seq, facet), self._shingles_of(kept, facet))
            for facet in self.settings.alike
            if facet in one
        }

    def _digests(self, seq: int) -> dict[str, str]:
        return dict(self.tables.rows("SELECT facet, digest FROM facets WHERE seq = ?", (seq,)))

    def _shingles_of(self, seq: int, facet: Facet) -> Any:
        """Return the shingles of a run's facet; those asked for last are kept in memory."""
        from distill.firewall.minhash import shingles_of  # noqa: PLC0415 - brings numpy

        key = seq, facet
        if key in self._shingles:
            self._shingles.move_to_end(key)
            return self._shingles[key]
        found = shingles_of(self._facet(seq, facet))
        self._shingles[key] = found
        self._bytes += found.nbytes
        while self._bytes > _KEPT and len(self._shingles) > 2:
            self._bytes -= self._shingles.popitem(last=False)[1].nbytes
        return found

    def _facet(self, seq: int, facet: Facet) -> str:
        query = "SELECT file, start, end FROM places WHERE seq = ?"
        file, start, end = next(self.tables.rows(query, (seq,)))
        record = EvidenceRecord.from_line(self._reader.read(self.files[file], start, end))
        return facets_of(record.messages, record.text)[facet]
