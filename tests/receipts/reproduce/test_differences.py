"""Other bytes, files or counts are found out, and what may be why is told."""

import pytest

from distill.receipts.reproduce import Options, prepare
from tests.receipts.reproduce.project import RANDOM, RANDOM_CALLS, Mine, changed_receipt


@pytest.fixture
def random_stage(mine: Mine, request: pytest.FixtureRequest) -> Mine:
    """A project whose stage of this name draws lots, and ran."""
    mine.write("mine/lots.py", RANDOM)
    mine.commit()
    mine.call(RANDOM_CALLS[request.param], module="mine.lots")
    return mine


@pytest.mark.parametrize("random_stage", ["lots"], indirect=True)
def test_a_random_stage_is_found_out(random_stage: Mine) -> None:
    """Another output is 10, with the first byte, line and record that differ, and both texts."""
    found = random_stage.reproduce("lots")
    assert (found.exit_code, found.verdict) == (10, "NOT REPRODUCED")
    (difference,) = found.differences
    assert (difference.kind, difference.path) == ("differs", "out/lots.jsonl")
    first = difference.first
    assert first is not None
    assert (first.line, first.record) == (2, 1)
    assert first.expected.startswith('{"a": 2}0.')
    assert first.expected != first.found
    text = (random_stage.root / "out/lots.jsonl").read_text()
    assert text[: first.offset].startswith('{"a": 1}\n{"a": 2}0.')


@pytest.mark.parametrize("random_stage", ["lots"], indirect=True)
def test_the_recorded_output_is_gone(random_stage: Mine) -> None:
    """Without the recorded bytes it is still told that they differ, not where."""
    (random_stage.root / "out/lots.jsonl").unlink()
    (difference,) = random_stage.reproduce("lots").differences
    assert (difference.kind, difference.first) == ("differs", None)


@pytest.mark.parametrize("random_stage", ["names"], indirect=True)
def test_other_files(random_stage: Mine) -> None:
    """A file that was not made, and one made in addition, are both named."""
    found = random_stage.reproduce("names")
    assert found.exit_code == 10
    assert sorted(one.kind for one in found.differences) == ["made in addition", "not made"]


@pytest.mark.parametrize("random_stage", ["counts"], indirect=True)
def test_other_counts(random_stage: Mine) -> None:
    """The same files under other counts are another claim."""
    found = random_stage.reproduce("counts")
    assert (found.exit_code, found.differences) == (10, ())
    (place,) = found.claim
    assert place.startswith("counts.total.seen is ")


def test_the_order_of_a_set(mine: Mine, monkeypatch: pytest.MonkeyPatch) -> None:
    """A hash seed that somebody fixed does not hide that a stage depends on it."""
    monkeypatch.setenv("PYTHONHASHSEED", "0")
    mine.write("mine/lots.py", RANDOM)
    mine.call(RANDOM_CALLS["order"], module="mine.lots")
    assert mine.reproduce("order").exit_code == 10


def test_another_environment_is_told_before(mine: Mine) -> None:
    """Other versions are said before the run; the same bytes all the same are the same bytes.

    Distill's own version is no matter, since its files are among the code that is compared.
    """
    receipt = changed_receipt(
        mine, "up", python="3.10", distributions={"distill": "0", "gone": "1"}
    )
    with prepare(mine.workspace, receipt.digest.hex, Options()) as prepared:
        assert [one.partition(" → ")[0] for one in prepared.environment] == [
            "Python 3.10",
            "distribution gone 1",
        ]
        found = prepared.run()
    assert (found.exit_code, found.verdict) == (0, "reproduced")
    assert found.environment == prepared.environment


@pytest.mark.parametrize("random_stage", ["lots"], indirect=True)
def test_another_environment_may_be_why(random_stage: Mine) -> None:
    """Other bytes in another environment accuse nobody: 11, with what differs."""
    receipt = changed_receipt(random_stage, "lots", python="3.10")
    found = random_stage.reproduce(receipt.digest.hex)
    assert (found.exit_code, found.verdict) == (11, "can't tell")
    assert found.differences
