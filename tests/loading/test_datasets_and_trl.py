"""The exported rows load by their cards in `datasets`, and TRL's own utilities know them."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from datasets import load_dataset
from trl.data_utils import is_conversational

from tests.workspaces import lines, make_workspace, run_all

_CONFIGURATION = """\
[sources.agents]
kind = "mapped"
paths = ["logs/*.jsonl"]
role = "train"
licence = "MIT"
run_id = "/id"
task_id = "/task"
task_fields = ["/task"]
messages = "/messages"
verdict = { pointer = "/passed", origin = "test_harness", accepted = [true], rejected = [false] }
"""

#: Arguments of one key in types that Arrow's structs can't hold together.
_CLASHING: tuple[Any, ...] = (1, "one", [1, "two"], {"deep": [None, 1.5]}, None, True)
_PLAIN_RUNS = 1_200


def _rows() -> Iterator[dict[str, Any]]:
    """Yield runs of plain text, over 50 MB of them accepted, and tool calls at the very end."""
    for number in range(_PLAIN_RUNS):
        answer = [{"role": "assistant", "content": f"{number} " + "long answer " * 3_700}]
        yield _row(f"plain-{number}", f"t{number}", answer, passed=True)
    for number, value in enumerate(_CLASHING):
        call = {"id": "c", "function": {"name": "set", "arguments": json.dumps({"x": value})}}
        turns: list[dict[str, Any]] = [
            {"role": "assistant", "content": None, "tool_calls": [call]},
            {"role": "tool", "tool_call_id": "c", "content": "done"},
            {"role": "assistant", "content": f"set {number}"},
        ]
        yield _row(f"call-{number}", f"c{number}", turns, passed=True)
        worse = [{"role": "assistant", "content": "no"}]
        yield _row(f"refused-{number}", f"c{number}", worse, passed=False)


def _row(name: str, task: str, turns: list[dict[str, Any]], *, passed: bool) -> dict[str, Any]:
    asked = {"role": "user", "content": f"Do {task}."}
    return {"id": name, "task": task, "messages": [asked, *turns], "passed": passed}


@pytest.fixture(scope="module")
def exports(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace's exports whose SFT set has more than 50 MB."""
    root = tmp_path_factory.mktemp("loading")
    run_all(make_workspace(root, _CONFIGURATION, {"logs/a.jsonl": lines(_rows())}))
    return root / "exports"


@pytest.mark.parametrize("name", ["rag", "sft", "preference"])
def test_a_set_loads_by_its_card_row_by_row(exports: Path, name: str, tmp_path: Path) -> None:
    """`load_dataset(folder)` gives the rows of the files, in order, with nothing added or lost."""
    loaded = load_dataset(str(exports / name), split="train", cache_dir=str(tmp_path))
    files = sorted((exports / name).glob("train-*.jsonl"))
    written = (json.loads(line) for file in files for line in file.read_bytes().splitlines())
    assert len(loaded) > 0
    for row, expected in zip(loaded, written, strict=True):
        assert row == expected


def test_the_sft_set_is_large_and_its_calls_come_last(exports: Path) -> None:
    """The loading test tests what it says: over 50 MB, no call before the last rows."""
    data = b"".join(file.read_bytes() for file in sorted((exports / "sft").glob("*.jsonl")))
    assert len(data) > 50_000_000
    assert data.index(b'"tool_calls"') > 50_000_000
    assert len(data) - data.rindex(b'"x":') < 50_000


def test_trl_knows_the_rows_as_conversations(exports: Path) -> None:
    """TRL's own check takes SFT rows for a conversation and pairs for explicit preferences."""
    sft = json.loads((exports / "sft/train-00000.jsonl").read_bytes().splitlines()[0])
    assert is_conversational({"messages": sft["messages"]})
    for line in (exports / "preference/train-00000.jsonl").read_bytes().splitlines():
        pair = json.loads(line)
        for key in ("prompt", "chosen", "rejected"):
            assert isinstance(pair[key], list)
            assert is_conversational({key: pair[key]})


def test_splits_load_by_their_names(tmp_path: Path) -> None:
    """`load_dataset` gives each split its rows; one without rows is not named."""
    splits = "[exports]\nsplits = { validation = 20, test = 20 }\n"
    rows = [
        _row(
            f"r{number}", f"t{number}", [{"role": "assistant", "content": f"{number}"}], passed=True
        )
        for number in range(60)
    ]
    run_all(make_workspace(tmp_path, _CONFIGURATION + splits, {"logs/a.jsonl": lines(rows)}))
    folder = tmp_path / "exports/sft"
    loaded = load_dataset(str(folder), cache_dir=str(tmp_path / "cache"))
    assert set(loaded) == {"train", "validation", "test"}
    for split, found in loaded.items():
        written = (folder / f"{split}-00000.jsonl").read_bytes().splitlines()
        assert found.num_rows == len(written) > 0
    few = tmp_path / "few"
    test_alone = splits.replace("validation = 20", "validation = 0")
    files = {"logs/a.jsonl": lines(rows[:1])}
    run_all(make_workspace(few, _CONFIGURATION + test_alone, files))
    loaded = load_dataset(str(few / "exports/sft"), cache_dir=str(tmp_path / "cache"))
    assert [found.num_rows for found in loaded.values()] == [1]
