"""Which runs are alike, worked out over all of them: clusters by facet, and who is kept.

Runs with one digest are one text. Other texts are compared by their shingles, which are read from
the evidence: of candidates alone, and not of those that an earlier run compared. Of the runs that
are alike in every facet asked for, the one with the best category is kept; then the one that may be
trained on, the one that was judged by the highest origin, the shortest, the one with the least id.

Law: what comes of it depends on the runs and the settings, not on the order of either.
"""

import json
from collections import OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Protocol

from distill.firewall.facets import Facet, facets_of
from distill.firewall.settings import NearDuplicateSettings
from distill.records.evidence import EvidenceRecord
from distill.records.taxonomy import Category
from distill.stages.narrow import NarrowTables, Row, chunked
from distill.stages.near_texts import FacetFiles, Texts

if TYPE_CHECKING:
    from distill.stages.similarities import Similarities

#: The tables `runs` and `ranks` are for the caller to fill, see `NearDuplicateSearch.alike`.
NEAR_SCHEMA: Final = """
CREATE TABLE ranks (seq INTEGER PRIMARY KEY, role INTEGER, origin INTEGER, chars INTEGER);
CREATE TABLE clustered (seq INTEGER, facet TEXT, digest BLOB, cluster TEXT);
CREATE TABLE alike (seq INTEGER PRIMARY KEY, clusters TEXT);
"""

_CLUSTERED: Final = "SELECT seq, facet, cluster FROM clustered ORDER BY seq, facet"
_RANKS: Final = " ".join(
    f"WHEN '{category.value}' THEN {rank}" for rank, category in enumerate(Category)
)
#: The best of each group first.
_GROUPS: Final = (
    "SELECT clusters, seq, source, line, run_id"  # noqa: S608 - categories are ours
    " FROM alike JOIN runs USING (seq) JOIN ranks USING (seq)"
    f" ORDER BY clusters, CASE category {_RANKS} END, role, origin, chars, run_id, seq"
)
_KEPT: Final = 64 * 1024 * 1024  # bytes of shingles in memory
_BITS: Final = {facet: 1 << number for number, facet in enumerate(Facet)}


class Runs(Protocol):
    """The runs that are searched, by their numbers from 0."""

    number: int
    facets: FacetFiles

    def record(self, seq: int) -> EvidenceRecord:
        """Return the evidence of a run."""


class Clustered(NamedTuple):
    """The runs that share a facet's cluster with another, as arrays.

    `runs` and `texts`: of each the number, and that of its text among those with a cluster.
    `clusters` and `digests`: of each text that of the first of its cluster, and 16 bytes.
    """

    runs: Any
    texts: Any
    clusters: Any
    digests: Any


@dataclass
class NearDuplicateSearch:
    """Looks for runs that are alike.

    ``similarities`` are those that are known from an earlier run.
    """

    tables: NarrowTables
    runs: Runs
    settings: NearDuplicateSettings
    similarities: "Similarities"
    _clustered: dict[Facet, Clustered] = field(default_factory=dict)
    _shingles: OrderedDict[tuple[int, Facet], Any] = field(default_factory=OrderedDict)
    _bytes: int = 0

    def alike(self) -> Any:
        """Return the numbers of the runs that share a cluster with others in all that is asked for.

        The caller puts each of them into the tables `runs` and `ranks`, with the category that it
        has in the end, and asks for `found`.
        """
        import numpy as np  # noqa: PLC0415 - 0.1 s, and no run with nothing to do needs it

        has, shares = np.zeros((2, self.runs.number), np.uint8)
        for facet, bit in _BITS.items():
            has[self._find_clusters(facet)] |= bit
            shares[self._clustered[facet].runs] |= bit
        has &= sum(_BITS[facet] for facet in self.settings.alike)
        is_alike = (has != 0) & (shares & has == has)
        for facet in self.settings.alike:
            self._put(facet, is_alike)
        self.tables.run("CREATE INDEX by_seq ON clustered (seq)")
        for seq, rows in chunked(self.tables.rows(_CLUSTERED)):
            clusters = {facet: cluster for _, facet, cluster in rows}
            self.tables.add("alike", (seq, json.dumps(clusters)))
        return np.flatnonzero(is_alike)

    def found(self) -> Iterator[tuple[str, int, dict[str, Any]]]:
        """Yield source, line and the fields of `NearDuplicates` of each run that `alike` gave."""
        for _, group in groupby(self.tables.rows(_GROUPS), key=itemgetter(0)):
            yield from self._told(group)

    def floors(self, positions: Any) -> Iterator[tuple[int, int]]:
        """Yield the number and the `split_floor` of each run that has one, in order, after `alike`.

        ``positions`` are those of all runs, as an array. It goes by what a run asks; of one that is
        a text alone, by the text.
        """
        import numpy as np  # noqa: PLC0415

        asks = np.zeros(self.runs.number, np.bool_)
        floors = positions.copy()
        asks[self.runs.facets.texts(Facet.PROMPT).runs] = True
        for facet in (Facet.PROMPT, Facet.OUTPUT):
            runs, texts, clusters, _ = self._clustered[facet]
            of_run = clusters[texts]
            if facet is Facet.OUTPUT:
                is_alone = ~asks[runs]
                runs, of_run = runs[is_alone], of_run[is_alone]
            least = np.full(len(clusters), np.iinfo(positions.dtype).max, positions.dtype)
            np.minimum.at(least, of_run, positions[runs])
            floors[runs] = least[of_run]
        for seq in np.flatnonzero(floors < positions).tolist():
            yield seq, int(floors[seq])

    def _find_clusters(self, facet: Facet) -> Any:
        """Find the runs that share a facet's cluster with another; return all that have it."""
        texts = self.runs.facets.texts(facet)
        self._clustered[facet] = self._cluster(texts, facet)
        return texts.runs

    def _cluster(self, texts: Texts, facet: Facet) -> Clustered:
        import numpy as np  # noqa: PLC0415

        firsts = self._firsts(texts, facet)
        is_shared = _are_shared(firsts, texts.of_run)
        number = np.cumsum(is_shared, dtype=np.uint32) - np.uint32(1)  # among the shared ones
        is_of_one = is_shared[texts.of_run]
        return Clustered(
            texts.runs[is_of_one],
            number[texts.of_run[is_of_one]],
            number[firsts[is_shared]],
            texts.digests[is_shared],
        )

    def _put(self, facet: Facet, is_alike: Any) -> None:
        """Put digest and cluster of the runs that are alike into the tables."""
        runs, texts, clusters, digests = self._clustered[facet]
        at = is_alike[runs]
        for seq, text in zip(runs[at].tolist(), texts[at].tolist(), strict=True):
            name = digests[clusters[text]].tobytes().hex()
            self.tables.add("clustered", (seq, facet, digests[text].tobytes(), name))

    def _firsts(self, texts: Texts, facet: Facet) -> Any:
        """Return of each text the first of its cluster."""
        import numpy as np  # noqa: PLC0415

        from distill.firewall.clustering import Clusters, candidates  # noqa: PLC0415
        from distill.stages.similarities import UNKNOWN  # noqa: PLC0415

        clusters, told = Clusters(len(texts)), [(np.empty(0, "S32"), np.empty(0, np.int16))]
        for numbers in candidates(self.runs.facets.bands(facet, texts), len(texts.long)):
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
        record = self.runs.record(seq)
        found = shingles_of(facets_of(record.messages, record.text)[facet])
        self._shingles[key] = found
        self._bytes += found.nbytes
        while self._bytes > _KEPT and len(self._shingles) > 2:
            self._bytes -= self._shingles.popitem(last=False)[1].nbytes
        return found


def _are_shared(firsts: Any, of_run: Any) -> Any:
    """Return of each text whether several runs have one of its cluster.

    ``firsts`` are those of the clusters of texts, ``of_run`` the text of each run, in order.
    """
    import numpy as np  # noqa: PLC0415

    is_shared = np.zeros(len(firsts), np.bool_)
    is_shared[firsts[of_run[1:][of_run[1:] == of_run[:-1]]]] = True
    is_behind = firsts != np.arange(len(firsts), dtype=np.uint32)
    is_shared[firsts[is_behind]] = True
    return is_shared[firsts]
