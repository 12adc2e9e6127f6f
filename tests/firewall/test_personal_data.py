"""The gate of personal data: what it marks, and that no text costs more than its length."""

import json
from base64 import b64encode

import pytest

from distill.exports.rag import rag_sample
from distill.exports.settings import RagSettings
from distill.firewall.finding import Refusal
from distill.firewall.personal_data import observe
from distill.records.run_texts import RunTexts
from distill.records.taxonomy import QuarantineReason
from tests.exports.builders import place, run
from tests.firewall import hostile
from tests.firewall.labelled.personal_data import Census

PEOPLE = Census(99).all()


def _valid(account: str) -> str:
    """Return an account in groups with its check digits worked out (ISO 7064, modulo 97)."""
    plain = account.replace(" ", "")
    moved = "".join(str(int(letter, 36)) for letter in f"{plain[4:]}{plain[:2]}00")
    return f"{plain[:2]}{98 - int(moved) % 97:02}{account[4:]}"


def _found(text: str) -> list[tuple[str, str]]:
    told = observe(RunTexts(text=text))
    marks = () if told is None else told.marks
    return [(mark.rule, text[mark.start : mark.end]) for mark in marks]


@pytest.mark.parametrize("kind", PEOPLE)
def test_a_value_is_marked_from_its_beginning_to_its_end(kind: str) -> None:
    """In a sentence, in JSON within a string, behind letters of several bytes."""
    rule, value = PEOPLE[kind]
    for before, after in (("", " x"), ("é 🜚 ", ", y"), ('{\\"v\\": \\"', '\\"}'), ("a\0", "\0b")):
        ((found, text),) = _found(f"{before}{value}{after}")
        assert found == rule
        assert text == value or (
            rule == "user_name" and text in value.replace("\\", "/").split("/")
        )


@pytest.mark.parametrize("kind", ["address", "card in groups", "home", "line in France"])
def test_a_percent_encoded_value_is_marked_where_it_stands(kind: str) -> None:
    """The mark covers the escapes, and not a character beside them."""
    rule, value = PEOPLE[kind]
    coded = "".join(f"%{byte:02X}" if chr(byte) in "@ +/" else chr(byte) for byte in value.encode())
    ((found, text),) = _found(f"?é=%C3%A9&to= {coded} &x=%20")
    assert found == rule
    assert text in coded
    assert rule == "user_name" or text == coded


def test_what_is_checked_is_what_makes_it_real() -> None:
    """One digit off, and a card or an account is a number like any other."""
    for kind in ("card", "card of 15", "German account", "British account"):
        value = PEOPLE[kind][1]
        other = value[:-1] + str((int(value[-1]) + 1) % 10)
        assert _found(f"{value} {other}") == [(PEOPLE[kind][0], value)]


@pytest.mark.parametrize("layers", range(1, 5))
def test_an_escape_within_layers_of_json_is_read(layers: int) -> None:
    """Each layer of JSON doubles the backslashes of an escaped at and an escaped slash."""
    slashes = "\\" * 2 ** (layers - 1)
    address = f"mira.holt{slashes}u0040posteo.de"
    assert _found(f'"to": "{address}", ') == [("email", address)]
    home = f"{slashes}/home{slashes}/mholt{slashes}/x"
    assert _found(f'"in": "{home}", ') == [("user_name", "mholt")]


@pytest.mark.parametrize("before", ["\n", "\t", "\0", "\x0c"])
@pytest.mark.parametrize("kind", sorted(Census(1).all()))
def test_what_stands_right_behind_an_escape_of_json_is_found(kind: str, before: str) -> None:
    """The escape's last letter or digit is no part of what it stands before."""
    rule, value = Census(1).all()[kind]
    told = observe(RunTexts(text=json.dumps({"a": f"said:{before}{value} ;"})))
    is_of_a_diff = before == "\n" and value.startswith("+") and value[1:].isdigit()
    assert is_of_a_diff or (told is not None and rule in {mark.rule for mark in told.marks})


_CARD = "4539 5787 6362 1486"
_ACCOUNT = "NL02 INGB 0123 4567 89"


@pytest.mark.parametrize("part", ["\u00a0", "\u202f", "\u2011", "\u2013", "-"])
def test_groups_may_be_parted_by_other_blanks_and_dashes(part: str) -> None:
    """As word processors and web pages write numbers; one that is mixed is none."""
    for rule, value in (("card_number", _CARD), ("iban", _valid(_ACCOUNT))):
        parted = value.replace(" ", part)
        assert _found(f"it is {parted}, they say") == [(rule, parted)]
        assert not _found(f"it is {value.replace(' ', part, 1)}, they say")


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("An j\u00f6rg.m\u00fcller@posteo.de.", "j\u00f6rg.m\u00fcller@posteo.de"),
        ("(\u00c5sa@fastmail.com)", "\u00c5sa@fastmail.com"),
        ("\u043c\u0438\u0440\u0430@posteo.de", "\u043c\u0438\u0440\u0430@posteo.de"),
        ("mira@m\u00fcller-holt.de", "mira@m\u00fcller-holt.de"),
        ("\u201emira@posteo.de\u201c", "mira@posteo.de"),
        ("\u00abmira@posteo.de\u00bb", "mira@posteo.de"),
        ("\u8bf7\u8054\u7cfbmira@posteo.de\u3002", "mira@posteo.de"),
        ("\U0001f600mira@posteo.de", "mira@posteo.de"),
        ("a\u00a0mira@posteo.de", "mira@posteo.de"),
    ],
)
def test_letters_of_an_address_may_be_beyond_ascii(text: str, address: str) -> None:
    """Before and behind the at; quotes, emoji and letters of scripts without blanks are no part."""
    assert _found(text) == [("email", address)]
    assert not _found("mira@m\u00fcller.py and \u00f6@k.T and @m\u00fcller.route")
    assert not _found("\u00abnoreply@posteo.de\u00bb and \u201cgit@posteo.de\u201d")


def test_an_ignored_rule_hides_nothing_of_the_others() -> None:
    """An address within a home folder, or beside another mark in base64, stays found."""
    code = b64encode(b"from 81.169.145.66 and mira.holt@posteo.de").decode()
    rules = {"/home/mira.holt@posteo.de/x": {"email"}, f"see {code} .": {"ip_address", "email"}}
    for text, found in rules.items():
        assert {rule for rule, _ in _found(text)} >= found


def test_a_file_named_like_an_address_keeps_its_runs_out() -> None:
    """A row names its file, where no placeholder can stand."""
    for name in ("mira.holt@posteo.de", "mira.holt@posteo.de/1", "projects/-Users-mholt-x/s"):
        refused = rag_sample(*run("trial/a", provenance=(place(name=name),)), RagSettings())
        assert isinstance(refused, Refusal)
        assert (refused.reason, refused.rule) == (QuarantineReason.PERSONAL_DATA, "not_replaceable")


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/mnt/c/Users/mholt/x", "mholt"),
        ("/c/Users/mholt", "mholt"),
        ("C:\\Users\\Mira Holt\\x y", "Mira Holt"),
        ("C:\\\\Users\\\\Mira v. Holt\\\\x", "Mira v. Holt"),
        ("C:\\Users\\mholt and then", "mholt"),
    ],
)
def test_a_home_folder_on_a_drive_is_read_to_its_end(path: str, name: str) -> None:
    """A mounted drive is one, and a name of several words is marked with all of them."""
    assert _found(f"cd {path}") == [("user_name", name)]
    assert not _found("see api/Users/mholt and C:\\Users\\Public Documents\\x")


@pytest.mark.parametrize(
    "text",
    [
        *("-Users-mholt-work", "see ~/.claude/projects/-Users-mholt-work/x.jsonl", "-Users-mholt"),
        *("home:-Users-mholt-work/x", "projects/-home-mholt-work/x", "projects/C--Users-mholt-x"),
        *("C--Users-mholt-x", "ls\n-Users-mholt-a\n", '"-Users-mholt"', "a\\n-Users-mholt-b"),
    ],
)
def test_a_home_folder_that_a_folder_is_named_after_is_one(text: str) -> None:
    """As Claude Code names the folder of a project's sessions, on every system."""
    assert _found(text) == [("user_name", "mholt")]


@pytest.mark.parametrize(
    "text",
    [
        *("nav-Users-mholt-x", "#-Users-Guide-1", "--Users-mholt", "x -home-mholt-y", "--home-dir"),
        *(
            "/-Users-runner-work",
            "/-home-user-x",
            "/-users-mholt-x",
            "/-Users-f(x)",
            "ab--Users-m-x",
        ),
    ],
)
def test_a_name_with_dashes_is_none(text: str) -> None:
    """A class, an anchor, an option; and a machine's own account."""
    assert not _found(text)


def test_marks_of_one_text_never_overlap() -> None:
    """An address in a URL with a number in it is one mark after the other."""
    text = " ".join(value for _, value in PEOPLE.values())
    told = observe(RunTexts(text=text))
    assert told is not None
    ends = [0, *(mark.end for mark in told.marks)]
    assert all(end <= mark.start for end, mark in zip(ends, told.marks, strict=False))
    assert len(told.marks) == len(PEOPLE)


@pytest.mark.parametrize("piece", hostile.HOSTILE)
def test_time_grows_no_faster_than_the_text(piece: str) -> None:
    """Eight times the text takes about eight times as long, not sixty-four times."""
    assert hostile.growth(lambda text: observe(RunTexts(text=text)), piece, 40_000) < hostile.LINEAR
