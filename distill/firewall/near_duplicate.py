"""Gate: of runs that are alike in all that is asked for, one is kept.

The observer leaves for each facet of a run a digest (of its words' hashes; of one of few words, of
its text, white space aside), and the bands of its MinHash signature. Scoring finds the clusters
from them (`distill.stages.near_duplicates`) and says in the scored run which other run is kept in
its place.
"""

from binascii import a2b_base64
from collections.abc import Mapping, Sequence
from typing import Final

from distill.firewall.facets import Facet, facets_of
from distill.firewall.finding import Finding, GateSettings, RunCandidate
from distill.firewall.looking import seen
from distill.firewall.observation import observation_of
from distill.receipts.digest import blake3_hex
from distill.records.evidence import Observation
from distill.records.run_texts import RunTexts
from distill.records.taxonomy import QuarantineReason

NAME: Final = "near_duplicate"
VERSION: Final = 4

#: A shorter text is compared as a whole alone: one word more or less is much of it.
LEAST_WORDS: Final = 20

_BANDS_NAMES: Final = {facet: f"{facet}_bands" for facet in Facet}
#: Of the bands of a text.
BANDS_BYTES: Final = 64
_DIGITS: Final = 32
_ALL: Final = 1000


def observe(texts: RunTexts) -> Observation | None:
    """Tell the digest of each facet, and the bands of each that has 20 words or more."""
    return seen(texts, _sketched)


def _sketched(runs: Sequence[RunTexts]) -> list[Observation | None]:
    """Return what is told of each run; a text that several have is worked out once."""
    facets = [facets_of(run.messages, run.text) for run in runs]
    texts = list(dict.fromkeys(text for of_run in facets for text in of_run.values()))
    sketches = dict(zip(texts, _sketches(texts), strict=True))
    return [_told({facet: sketches[text] for facet, text in of_run.items()}) for of_run in facets]


def _told(sketches: Mapping[Facet, tuple[str, str | None]]) -> Observation | None:
    if not sketches:
        return None
    names: dict[str, str] = {facet: digest for facet, (digest, _) in sketches.items()}
    for facet, (_, bands) in sketches.items():
        if bands is not None:
            names[_BANDS_NAMES[facet]] = bands
    return Observation(version=VERSION, names=names)


def _sketches(texts: Sequence[str]) -> list[tuple[str, str | None]]:
    """Return the digest of each text, and its bands, null where it is short."""
    from distill.firewall.minhash import bands_of  # noqa: PLC0415 - brings numpy
    from distill.firewall.words import hashes_of_all  # noqa: PLC0415

    words = hashes_of_all(texts)
    long = [found for found in words if len(found) >= LEAST_WORDS]
    bands = iter(bands_of(long) if long else ())
    return [
        (_digest(found.astype("<u8", copy=False).tobytes()), next(bands))
        if len(found) >= LEAST_WORDS
        else (_digest(_plain(text)), None)
        for text, found in zip(texts, words, strict=True)
    ]


def _plain(text: str) -> bytes:
    return " ".join(text.split()).encode("utf-8", "surrogatepass")


def _digest(content: bytes) -> str:
    return blake3_hex(content)[:_DIGITS]


def bands_name(facet: Facet) -> str:
    """Return under which name the bands of a facet stand in the observation."""
    return _BANDS_NAMES[facet]


def read_bands(text: str) -> bytes:
    """Return the bands that stand in the observation: 16 numbers of 32 bits, little-endian.

    Raises:
        ValueError: it is something else.
    """
    found = a2b_base64(text, strict_mode=True)
    if len(found) != BANDS_BYTES:
        message = "no bands of a signature"
        raise ValueError(message)
    return found


def check(candidate: RunCandidate, settings: GateSettings) -> Finding | None:  # noqa: ARG001
    """Pass where no run like this one is kept in its place."""
    observation_of(candidate, NAME, QuarantineReason.NEAR_DUPLICATE)
    found = candidate.run.near_duplicates
    if found is None or found.kept == candidate.run.run_id:
        return None
    shares = ", ".join(f"{facet} {share / 10:.1f} %" for facet, share in found.similarity.items())
    is_same = all(share == _ALL for share in found.similarity.values())
    clusters = ", ".join(f"{facet} {one[:12]}" for facet, one in found.clusters.items())
    return Finding(
        QuarantineReason.NEAR_DUPLICATE,
        "same_words" if is_same else "similar_text",
        f"like {found.kept}, which is kept: {shares}; clusters: {clusters}",
    )
