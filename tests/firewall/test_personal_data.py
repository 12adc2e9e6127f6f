"""The gate of personal data: what it marks, and that no text costs more than its length."""

import pytest

from distill.firewall.personal_data import observe
from distill.records.run_texts import RunTexts
from tests.firewall import hostile
from tests.firewall.labelled.personal_data import Census

PEOPLE = Census(99).all()


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
