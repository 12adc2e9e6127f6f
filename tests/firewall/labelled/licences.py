"""Licences that an allow-list of permissive ones refuses, and expressions that it allows."""

from collections.abc import Iterator
from itertools import permutations, product

from distill.firewall.finding import GateSettings
from distill.firewall.settings import FirewallSettings, LicenceSettings
from tests.firewall.labelled.labelled_set import LabelledSet, RunFields, found_in_run

ALLOW = ("MIT", "Apache-2.0", "BSD-3-Clause", "CC-BY-4.0", "proprietary")
_REFUSED = ("GPL-3.0-only", "AGPL-3.0-or-later", "CC-BY-NC-4.0", "LicenseRef-Ours", "MIT-0")
_UNKNOWN = ("unknown", "NOASSERTION", "none", "", "other", "?", " Unknown ")
_BROKEN = ("MIT OR", "(MIT", "MIT and and ISC", "see LICENSE file", "MIT/Apache-2.0", "AND", "MIT)")


def _refused() -> Iterator[str]:
    yield from (*_REFUSED, *_UNKNOWN, *_BROKEN)
    yield from (f"{one} AND {other}" for one, other in product(ALLOW[:4], _REFUSED))
    yield from (f"{one} OR {other}" for one, other in permutations(_REFUSED, 2))
    yield from (f"({one} OR {two}) AND {two}" for one, two in product(ALLOW[:4], _REFUSED))
    yield from (f"{one} WITH Classpath-exception-2.0" for one in _REFUSED)
    yield from (f"{one} OR MIT AND {two}" for one, two in permutations(_REFUSED, 2))


def _allowed() -> Iterator[str]:
    yield from (*ALLOW, "mit", " MIT ", "(MIT)", "((MIT) OR (ISC))")
    yield from (f"{one} OR {other}" for one, other in product(ALLOW[:4], _REFUSED))
    yield from (f"{other} or {one}" for one, other in product(ALLOW[:4], _REFUSED))
    yield from (f"{one} AND {other}" for one, other in permutations(ALLOW[:4], 2))
    yield from (f"{one} WITH LLVM-exception" for one in ALLOW[:4])
    yield from (f"{two} AND ISC OR {one}" for one, two in product(ALLOW[:4], _REFUSED))
    yield from (f"({two} OR {one}) AND MIT" for one, two in product(ALLOW[:4], _REFUSED))


def _runs(licences: Iterator[str]) -> tuple[RunFields, ...]:
    return tuple({"licence": licence} for licence in licences)


SET = LabelledSet(
    gate="licence_disallowed",
    positives=_runs(_refused()),
    negatives=_runs(_allowed()),
    finds=found_in_run(
        "licence_disallowed",
        GateSettings(firewall=FirewallSettings(licence_disallowed=LicenceSettings(allow=ALLOW))),
    ),
    misses="a licence that only the text states; measured with an allow-list of five",
)
