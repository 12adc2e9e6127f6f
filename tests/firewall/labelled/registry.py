"""All labelled sets, in the order of the page's table."""

from typing import Any, Final

from tests.firewall.labelled import looping, secret_detected
from tests.firewall.labelled.labelled_set import LabelledSet

SETS: Final[tuple[LabelledSet[Any], ...]] = (looping.SET, secret_detected.SET)
