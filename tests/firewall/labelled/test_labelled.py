"""Every gate against its labelled set; what comes of it stands in docs/firewall.md.

`DISTILL_RENEW_DOCS=1 pytest tests/firewall/labelled` writes the table anew.
"""

import os
import re
from pathlib import Path
from typing import Any

import pytest

from distill.firewall.settings import FirewallSettings
from tests.firewall.labelled.labelled_set import LEAST, LabelledSet
from tests.firewall.labelled.registry import SETS

_TABLE = re.compile(r"(?<=<!-- measured: gates -->\n).*?(?=\n<!-- /measured -->)", re.DOTALL)
_HEAD = (
    "| gate | to be found | to be left alone | precision | recall | known to miss |",
    "| --- | ---: | ---: | ---: | ---: | --- |",
)


def test_the_page_shows_what_was_measured(repository: Path) -> None:
    """Precision and recall in the docs are those of this code over these sets."""
    path = repository / "docs" / "firewall.md"
    page = path.read_text(encoding="utf-8")
    table = "\n".join((*_HEAD, *map(_row, SETS)))
    if os.environ.get("DISTILL_RENEW_DOCS"):
        page = _TABLE.sub(lambda _: table, page)
        path.write_text(page, encoding="utf-8")
    assert _TABLE.findall(page) == [table]


@pytest.mark.parametrize("labelled", SETS, ids=lambda one: one.gate)
def test_a_set_is_large_and_has_no_member_twice(labelled: LabelledSet[Any]) -> None:
    """A hundred of each kind at least, all different, and none on both sides."""
    members = [repr(one) for one in (*labelled.positives, *labelled.negatives)]
    assert len(labelled.positives) >= LEAST
    assert len(labelled.negatives) >= LEAST
    assert len(set(members)) == len(members)


def test_every_gate_that_looks_for_something_has_a_set() -> None:
    """Gates that compare a number or a field with another have none; see tests/firewall."""
    compared = {"length_out_of_bounds"}
    looks = {gate for gate in FirewallSettings.model_fields if gate not in compared}
    assert {one.gate for one in SETS} >= looks | {"answer_key", "hallucinated_file_path"}


def test_a_gate_has_one_set() -> None:
    """The table has a row a gate."""
    gates = [labelled.gate for labelled in SETS]
    assert len(set(gates)) == len(gates)


def _row(labelled: LabelledSet[Any]) -> str:
    measured = labelled.measure()
    numbers = (
        f"{measured.positives} | {measured.negatives}"
        f" | {measured.precision:.3f} | {measured.recall:.3f}"
    )
    return f"| `{labelled.gate}` | {numbers} | {labelled.misses} |"
