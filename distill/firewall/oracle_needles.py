"""Which commands a rule of `oracle_access` may tell something of, before any is split into words.

Law: a command that is not named here is no finding, and makes nothing that is asked about later. A
rule compares whole words, and what stands in a word without its quotes stands in the text without
any. A here-document right beside a word may join two: such a command is named.
"""

import re
from collections.abc import Sequence
from itertools import accumulate
from typing import Final

from distill.firewall.needles import AS_ASCII, RuleNeedles

#: What a command's text may hold, each a bit.
_ANSWER, _GIT, _WEB, _PACKAGE, _GETS, _TEST, _DELETES, _CHANGES, _IN_PLACE, _MAKES = (
    1 << bit for bit in range(10)
)
_ALL: Final = -1
#: By bit; a blank stands behind a program's name, and ``http`` begins an address.
_NEEDLES: Final = {
    _ANSWER: (
        *("gold", "oracle", "reference", "canonical", "answer", "ground", "solution", "verifier"),
        *("grader", "test-patch", "test_patch", "test.patch", "testpatch"),
    ),
    _GIT: ("git",),
    _WEB: ("http", "gh "),
    _PACKAGE: ("pip", "npm ", "yarn ", "conda ", "cargo ", "gem ", "uv "),
    _GETS: ("install", "download", "pack", "add", "wheel", "view", "fetch"),
    _TEST: ("test", "spec"),
    _DELETES: ("rm ", "unlink ", "shred "),
    _CHANGES: ("sed ", "perl "),
    _IN_PLACE: ("-i",),
    _MAKES: (">", "touch ", "mkdir ", "tee ", "cp ", "mv "),
}
_LOOKED_FOR: Final = RuleNeedles(_NEEDLES.values())
_BITS: Final = tuple(_NEEDLES)

_QUOTES: Final = b"'\""
_BLANKS: Final = bytes(32 if chr(byte).isspace() and byte < 128 else byte for byte in range(256))
#: Blanks beyond ASCII, and letters that a pattern takes for others if case does not count.
_AS_ASCII: Final = {
    **str.maketrans(AS_ASCII),
    **dict.fromkeys((0x85, 0xA0, 0x1680, *range(0x2000, 0x200B), 0x2028, 0x2029), " "),
    **dict.fromkeys((0x202F, 0x205F, 0x3000), " "),
}
_JOINS: Final = re.compile(r"\S<<|<<-?\s*['\"]?\w+['\"]?[^\s;&|()]")


def hints_of(commands: Sequence[str]) -> list[int]:
    """Return for each command what its text may hold, for `may_tell` and `may_make`."""
    text = "\0".join([one if one.isascii() else one.translate(_AS_ASCII) for one in commands])
    raw = text.encode("utf-8", "surrogatepass").translate(_BLANKS, _QUOTES)
    sizes = [len(piece) + 1 for piece in raw.split(b"\0")]
    if len(sizes) != len(commands):  # one holds a NUL of its own
        return [_ALL] * len(commands)
    hints = [0] * len(commands)
    at, limits = 0, list(accumulate(sizes))
    for number, _, end in _LOOKED_FOR.hits(raw):
        while end > limits[at]:
            at += 1
        hints[at] |= _BITS[number]
    if "<<" in text:
        hints = [_ALL if _JOINS.search(one) else hints[at] for at, one in enumerate(commands)]
    return hints


def may_tell(hints: int, *, is_repository: bool = True) -> bool:
    """Say whether a command may be a finding, in a task about a repository or in any other."""
    if hints & _ANSWER:
        return True
    if not is_repository:
        return False
    changes = hints & _DELETES or _all_of(hints, _CHANGES | _IN_PLACE)
    return bool(
        hints & (_GIT | _WEB) or _all_of(hints, _PACKAGE | _GETS) or (changes and hints & _TEST)
    )


def may_make(hints: int) -> bool:
    """Say whether a command may make a file or a history."""
    return bool(hints & (_MAKES | _GIT))


def _all_of(hints: int, bits: int) -> bool:
    return hints & bits == bits
