"""Which runs are alike, worked out over all of them: clusters by facet, and who is kept.

Runs with one digest are one text. Other texts are compared by their shingles, which are read from
the evidence: of candidates alone, and not of those that an earlier run compared. Of the runs that
are alike in every facet asked for, the one with the best category is kept; then the one that may be
trained on, the one that was judged by the highest origin, the shortest, the one with the least id.

Law: what comes of it depends on the runs and the settings, not on the order of either.
"""

import json
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from distill.firewall.facets import Facet, facets_of
from distill.firewall.near_duplicate import NAME, bands_name
from distill.firewall.settings import NearDuplicateSettings
from distill.firewall.splits import position_of
from distill.records.evidence import EvidenceRecord
from distill.records.taxonomy import Category, SourceRole
from distill.stages.lines import RandomReader
from distill.stages.narrow import NarrowTables, Row, chunked
from distill.stages.near_texts import FacetFiles, Texts

if TYPE_CHECKING:
    from distill.stages.similarities import Similarities

NEAR_SCHEMA: Final = """
CREATE TABLE places (
    seq INTEGER PRIMARY KEY, file INTEGER, start INTEGER, end INTEGER, role INTEGER,
    origin INTEGER, chars INTEGER, position INTEGER, facets TEXT
);
CREATE TABLE clustered (seq INTEGER, facet TEXT, digest BLOB, cluster TEXT);
CREATE TABLE alike (seq INTEGER PRIMARY KEY, clusters TEXT);
"""

_RUNS: Final = (
    "SELECT seq, facet, cluster, facets FROM clustered JOIN places USING (seq) ORDER BY seq, facet"
)
_RANKS: Final = " ".join(
    f"WHEN '{category.value}' THEN {rank}" for rank, category in enumerate(Category)
)
#: The best of each group first.
_GROUPS: Final = (
    "SELECT clusters, seq, source, line, run_id"  # noqa: S608 - categories are ours
    " FROM alike JOIN runs USING (seq) JOIN places USING (seq)"
    f" ORDER BY clusters, CASE category {_RANKS} END, role, origin, chars, run_id, seq"
)
#: What a run asks; of one that is a text alone, the text.
_ASKED: Final = """
CREATE TABLE asked AS SELECT seq, facet, cluster, position FROM clustered JOIN places USING (seq)
WHERE facet = 'prompt' OR facet = 'output' AND facets NOT LIKE '%prompt%'
"""
_FLOORS: Final = """
SELECT source, line, least FROM asked JOIN
(SELECT facet, cluster, MIN(position) AS least FROM asked GROUP BY facet, cluster)
USING (facet, cluster) JOIN runs USING (seq) WHERE least < position ORDER BY source, line
"""
#: Each facet, and under which name its bands stand in an observation.
_FACETS: Final = tuple((facet.value, bands_name(facet)) for facet in Facet)
_KEPT: Final = 64 * 1024 * 1024  # bytes of shingles in memory
_AT_ONCE: Final = 1 << 16  # numbers of runs that are Python's own


def near_row(record: EvidenceRecord, origin: int, start: int, end: int) -> list[Any]:
    """Return what is asked of a run: its place, what it is ranked by, and its facets."""
    told = record.facts.observed.get(NAME)
    names = {} if told is None else told.names
    found = [[one, names[one], names.get(bands)] for one, bands in _FACETS if one in names]
    role = int(record.role is not SourceRole.TRAIN)
    rank = [role, origin, record.facts.text_chars]
    return [start, end, *rank, position_of(record), found]


def add_near_row(
    tables: NarrowTables, facets: FacetFiles, seq: int, file: int, row: Sequence[Any]
) -> None:
    """Put away what `near_row` gave of run `seq`, whose line stands in `file`."""
    *place, found = row
    tables.add("places", (seq, file, *place, " ".join(name for name, *_ in found)))
    facets.add(seq, found)


@dataclass
class NearDuplicateSearch:
    """Looks for runs that are alike; ``files`` are those of the evidence, by their numbers.

    ``similarities`` are those that are known from an earlier run.
    """

    tables: NarrowTables
    facets: FacetFiles
    files: Sequence[Path]
    settings: NearDuplicateSettings
    similarities: "Similarities"
    _reader: RandomReader = field(default_factory=RandomReader)
    _shingles: OrderedDict[tuple[int, Facet], Any] = field(default_factory=OrderedDict)
    _bytes: int = 0

    def found(self) -> Iterator[tuple[str, int, dict[str, Any]]]:
        """Yield source, line and the fields of `NearDuplicates` of each run that is like another.

        ``runs.category`` in the tables is the category in the end.
        """
        for facet in Facet:
            self._cluster(facet)
        self.tables.run("CREATE INDEX by_seq ON clustered (seq)")
        self._join()
        for _, group in groupby(self.tables.rows(_GROUPS), key=itemgetter(0)):
            yield from self._told(group)
        self._reader.close()

    def floors(self) -> Iterator[tuple[str, int, int]]:
        """Yield source, line and the `split_floor` of each run that has one, after `found`."""
        self.tables.run(_ASKED)
        yield from self.tables.rows(_FLOORS)

    def _cluster(self, facet: Facet) -> None:
        """Say of each run that shares a facet's cluster with another which one that is."""
        import numpy as np  # noqa: PLC0415 - 0.1 s, and no run with nothing to do needs it

        texts = self.facets.texts(facet)
        cluster = self._firsts(texts, facet)[texts.of_run]
        shared = np.flatnonzero((np.bincount(cluster, minlength=1) > 1)[cluster])
        digests = texts.digests
        for start in range(0, len(shared), _AT_ONCE):
            for at in shared[start : start + _AT_ONCE].tolist():
                digest = digests[texts.of_run[at]].tobytes()
                name = digests[cluster[at]].tobytes().hex()
                self.tables.add("clustered", (int(texts.runs[at]), facet, digest, name))

    def _firsts(self, texts: Texts, facet: Facet) -> Any:
        """Return of each text the first of its cluster."""
        import numpy as np  # noqa: PLC0415

        from distill.firewall.clustering import Clusters, candidates  # noqa: PLC0415
        from distill.stages.similarities import UNKNOWN  # noqa: PLC0415

        clusters, told = Clusters(len(texts)), [(np.empty(0, "S32"), np.empty(0, np.int16))]
        for numbers in candidates(self.facets.bands(facet, texts), len(texts.long)):
            pairs = texts.long[numbers]
            keys = texts.digests[pairs].view("S32")[:, 0]
            known = self.similarities.known(keys)
            asked = np.full(len(pairs), UNKNOWN, np.int16)
            clusters.join(pairs, self._comparing(texts, facet, known, asked))
            told.append((keys[asked != UNKNOWN], asked[asked != UNKNOWN]))
        self.similarities.keep(*(np.concatenate(column) for column in zip(*told, strict=True)))
        return clusters.firsts()

    def _comparing(
        self, texts: Texts, facet: Facet, known: Any, asked: Any
    ) -> Callable[[int, int, int], bool]:
        """Return what says whether two texts are alike, and notes in ``asked`` how much."""
        from distill.stages.similarities import UNKNOWN  # noqa: PLC0415

        least = 10 * self.settings.min_similarity

        def is_alike(place: int, one: int, other: int) -> bool:
            found = int(known[place])
            if found == UNKNOWN:
                found = self._similarity(int(texts.readers[one]), int(texts.readers[other]), facet)
            asked[place] = found
            return found >= least

        return is_alike

    def _join(self) -> None:
        """Say of each run with which others it shares a cluster in all that is asked for."""
        alike = set(self.settings.alike)
        for seq, rows in chunked(self.tables.rows(_RUNS)):
            asked = alike.intersection(rows[0][3].split())
            shared = {facet: cluster for _, facet, cluster, _ in rows if facet in asked}
            if asked and len(shared) == len(asked):
                self.tables.add("alike", (seq, json.dumps(shared)))

    def _told(self, group: Iterator[Row]) -> Iterator[tuple[str, int, dict[str, Any]]]:
        """Yield what is told of the runs of a group, of which the best comes first."""
        clusters, kept, source, line, kept_id = next(group)
        told = {"kept": kept_id, "clusters": json.loads(clusters)}
        is_alone = True
        for _, seq, *place, _ in group:
            if is_alone:
                yield source, line, {**told, "similarity": {}}
                is_alone = False
            yield place[0], place[1], {**told, "similarity": self._similarities(seq, kept)}

    def _similarities(self, seq: int, kept: int) -> dict[str, int]:
        one, other = self._digests(seq), self._digests(kept)
        return {
            facet: 1000
            if one[facet] == other[facet]
            else self.similarities.of(
                one[facet],
                other[facet],
                lambda facet=facet: self._similarity(seq, kept, facet),  # type: ignore[misc]
            )
            for facet in self.settings.alike
            if facet in one
        }

    def _digests(self, seq: int) -> dict[str, bytes]:
        return dict(self.tables.rows("SELECT facet, digest FROM clustered WHERE seq = ?", (seq,)))

    def _similarity(self, one: int, other: int, facet: Facet) -> int:
        from distill.firewall.minhash import similarity  # noqa: PLC0415 - brings numpy

        return similarity(self._shingles_of(one, facet), self._shingles_of(other, facet))

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
