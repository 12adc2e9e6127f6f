"""Items of benchmarks: found wherever they stand, by plain and by hashed lists alike."""

import json
from collections.abc import Callable
from pathlib import Path
from time import process_time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from distill.cli.main import main
from distill.firewall.benchmark_contamination import observe
from distill.firewall.benchmark_index import BenchmarkIndex
from distill.firewall.benchmark_items import hashed_item, hashed_row, item_of
from distill.firewall.finding import GateSettings
from distill.firewall.settings import BenchmarkList, BenchmarkSettings, FirewallSettings
from distill.firewall.words import words_of
from distill.records.run_texts import RunTexts
from distill.report.latest import write_report
from tests.exports.builders import assistant, call, tool, user
from tests.firewall.benchmarks import FRAME, HASHED, INDEX, ITEMS, SALT, finding, item, story
from tests.workspaces import MAPPED, VERDICT, lines, make_workspace, read_jsonl, row, run_all

LISTS = """
[firewall.benchmark_contamination.lists.stories]
path = "lists/stories.jsonl"
version = "1.2"
"""


def _settings(**bounds: int) -> GateSettings:
    lists = {"stories": BenchmarkList(path="p", version="1.2")}
    gate = BenchmarkSettings(lists=lists, **bounds)
    return GateSettings(firewall=FirewallSettings(benchmark_contamination=gate))


@pytest.mark.parametrize("index", [INDEX, HASHED], ids=["plain", "hashed"])
def test_an_item_is_named_with_its_list_and_its_share(index: BenchmarkIndex) -> None:
    """The row says which item of which version, and how much of it, and never quotes it."""
    found = finding({"messages": (user("Look."), tool(ITEMS[7]["answer"]))}, _settings(), index)
    assert found is not None
    assert found.rule == "words_13"
    assert found.detail == (
        "item stories/7 of stories version 1.2: 100.0 % of the 13-word sequences of its answer"
        " stand in the run"
    )


@pytest.mark.parametrize(
    ("told", "rule"),
    [
        ({"repository": "acme/stories", "commit": ITEMS[3]["commit"]}, "commit"),
        ({"repository": "git@git.example:acme/stories", "commit": "0" * 12}, None),
        ({"repository": "acme/other", "commit": "0" * 8}, None),
        ({"repository": "acme/stories", "commit": "0" * 8}, "commit"),
        ({"commit": "0" * 8}, None),
    ],
)
def test_a_task_tables_commit_names_an_item(told: dict[str, str], rule: str | None) -> None:
    """A whole commit, or the beginning of one in the same repository."""
    found = finding({"messages": (user("Go."), assistant("No."))}, told=told)
    assert (found and found.rule) == rule


@pytest.mark.parametrize(
    ("task", "is_named"),
    [
        ("stories/3", True),
        ("suite/stories/3", True),
        ("mystories/3", False),
        ("stories/33x", False),
        ("3", False),
    ],
)
def test_a_task_id_names_an_item_whole_or_behind_a_slash(task: str, is_named: bool) -> None:
    """And no part of an id does."""
    found = finding({"messages": (user("Go."), assistant("No.")), "task": task})
    assert (found is not None) == is_named


def test_a_number_alone_is_no_id_that_names_anything() -> None:
    """Two benchmarks number their items from 1."""
    index = BenchmarkIndex("n", "1", [item_of({"id": 12}), item_of({"id": "a"})])
    assert index.compared() == {"items": 2, "by_id": 0, "by_commit": 0}
    assert finding({"messages": (user("Go."), assistant("No.")), "task": "12"}, index=index) is None


def test_the_settings_say_how_much_is_too_much() -> None:
    """The same observation under three bounds."""
    half = " ".join(ITEMS[5]["prompt"].split()[:40])
    fields = {"messages": (user(half), assistant("No."))}
    shares = observe(RunTexts(messages=fields["messages"]), [INDEX])
    assert shares is not None
    share = shares.numbers["prompt_13"]
    assert 100 < share < 900
    assert finding(fields, _settings(min_covered_13=share // 10, min_covered_8=100)) is not None
    assert finding(fields, _settings(min_covered_13=100, min_covered_8=100)) is None


def test_what_all_items_share_counts_for_none() -> None:
    """The frame of the prompts is 16 words long; it says nothing of any item."""
    assert finding({"messages": (user(FRAME * 3), assistant(FRAME))}) is None


_PLANTS: list[Callable[[str, str], dict[str, Any]]] = [
    lambda text, _: {"messages": (user(text), assistant("No."))},
    lambda text, noise: {"messages": (user(noise), assistant(f"{noise} {text} {noise}"))},
    lambda text, noise: {"messages": (user(noise), tool(f"{noise}\n{text}"), assistant("No."))},
    lambda text, noise: {
        "messages": (user("Go."), assistant(None, call("f", {"a": [{noise[:9]: {"b": text}}]})))
    },
    lambda text, _: {"messages": (user("Go."), assistant(None, call("f", {text: 1})))},
    lambda text, _: {
        "messages": (user("Go."), assistant(None, call("f", {"lines": text.split()})))
    },
    lambda text, noise: {"messages": None, "text": noise + "\n\n" + text},
    lambda text, _: {
        "messages": (user("Go."), assistant("No.")),
        "tools": ({"type": "function", "function": {"name": "f", "description": text}},),
    },
    lambda text, _: {"messages": (*(user(word) for word in text.split(" ")), assistant("No."))},
]
_FORMS: list[Callable[[str], str]] = [
    str,
    str.upper,
    lambda text: text.replace(" ", "\n"),
    lambda text: text.replace(" ", " \u200b "),
    lambda text: text.replace(" ", " ** "),
    lambda text: json.dumps(text.replace(" ", "\n")),
    lambda text: json.dumps(json.dumps({"q": text.replace(" ", "\t")})),
    lambda text: text.replace("the", "th\\u0065"),
    lambda text: text.replace("e", "e\u0301"),
]


@given(
    number=st.integers(0, 59),
    part=st.sampled_from(["prompt", "answer"]),
    plant=st.sampled_from(_PLANTS),
    form=st.sampled_from(_FORMS),
    noise=st.integers(7000, 7100).map(story),
    index=st.sampled_from([INDEX, HASHED]),
)
@settings(max_examples=150)
def test_a_planted_item_is_found(
    number: int,
    part: str,
    plant: Callable[[str, str], dict[str, Any]],
    form: Callable[[str], str],
    noise: str,
    index: BenchmarkIndex,
) -> None:
    """In any place, nesting and form that the page promises."""
    found = finding(plant(form(ITEMS[number][part]), noise), index=index)
    assert found is not None
    assert f"item stories/{number} " in found.detail


@given(
    said=st.lists(st.sampled_from([story(n) for n in range(8)] + [FRAME, "x"]), max_size=6),
    cut=st.integers(0, 200),
)
@settings(max_examples=80)
def test_a_hashed_list_finds_what_the_plain_one_finds(said: list[str], cut: int) -> None:
    """Law: both tell the same of every text; and what was written is read back."""
    texts = RunTexts(text=" ".join(said)[cut:])
    again = BenchmarkIndex(
        "stories", "1.2", [hashed_item(hashed_row(item_of(one, SALT))) for one in ITEMS], SALT
    )
    assert observe(texts, [INDEX]) == observe(texts, [HASHED]) == observe(texts, [again])


@given(text=st.text(alphabet="ab \n", max_size=400), length=st.sampled_from([8, 13]))
def test_coverage_is_the_share_of_distinct_sequences(text: str, length: int) -> None:
    """Held against counting them one by one."""
    whole = story(1) + " " + text
    words, seen = words_of(story(1)), words_of(whole[40:])
    sequences = {tuple(words[n : n + length]) for n in range(len(words) - length + 1)}
    there = {tuple(seen[n : n + length]) for n in range(len(seen) - length + 1)}
    index = BenchmarkIndex("one", "1", [item_of({"id": "item", "prompt": story(1)})])
    told = observe(RunTexts(text=whole[40:]), [index])
    share = len(sequences & there) * 1000 // len(sequences)
    assert (told.numbers.get(f"prompt_{length}", 0) if told else 0) == (share if share >= 50 else 0)


def test_time_grows_with_the_text_alone() -> None:
    """A text that is one item again and again, or the frame, costs no more than its share."""
    for piece in (ITEMS[0]["prompt"] + " ", FRAME + " ", "a ", "é"):
        few, many = (_seconds(piece * (size // len(piece))) for size in (60_000, 960_000))
        assert many < 64 * few + 0.05  # 16 times the text; a square would take 256 times as long


def _seconds(text: str) -> float:
    """CPU seconds for a text, the best of three."""
    took = []
    for _ in range(3):
        begin = process_time()
        observe(RunTexts(text=text), [INDEX])
        took.append(process_time() - begin)
    return min(took)


def _workspace(root: Path, listed: bytes, **more: bytes) -> Any:
    rows = [
        row("t1", story(9001)),
        row("t2", f"As the book says: {ITEMS[9]['answer']}"),
        row("stories/4", "four"),
    ]
    files = {"logs/a.jsonl": lines(rows), "lists/stories.jsonl": listed, **more}
    return make_workspace(root, MAPPED + VERDICT + LISTS, files)


def test_no_item_reaches_an_export_and_the_reports_say_what_was_compared(tmp_path: Path) -> None:
    """Through all stages: rows, quarantine, card, report; and another list reads the logs again."""
    project = _workspace(tmp_path, lines(ITEMS))
    outcomes = run_all(project)
    for name in ("rag", "sft"):
        exported = read_jsonl(tmp_path / "exports" / name)
        assert len(exported) == 1
        assert "As the book says" not in json.dumps(exported)
        card = (tmp_path / "exports" / name / "README.md").read_text()
        assert "Compared with the benchmark lists stories version 1.2" in card
    refused = read_jsonl(tmp_path / "quarantine" / "export_sft.jsonl")
    assert sorted((one["reason"], one["rule"]) for one in refused) == [
        ("benchmark_contamination", "task_id"),
        ("benchmark_contamination", "words_13"),
    ]
    notes = outcomes["build_evidence_index"].receipt.claim.notes["benchmarks"]
    assert notes == {
        "stories": {
            "version": "1.2",
            "file": "lists/stories.jsonl",
            "items": 60,
            "by_id": 60,
            "by_commit": 60,
            **{f"by_{n}_words_of_{part}": 60 for n in (13, 8) for part in ("prompt", "answer")},
        }
    }
    assert "| stories | 1.2 | lists/stories.jsonl | 60 |" in write_report(project).read_text()
    assert {one.status for one in run_all(project).values()} == {"skipped"}
    (tmp_path / "lists/stories.jsonl").write_bytes(lines(ITEMS[20:]))
    again = run_all(project)
    assert again["build_evidence_index"].status == "ran"
    assert len(read_jsonl(tmp_path / "exports" / "sft")) == 3


def test_a_threshold_reads_no_log_again(tmp_path: Path) -> None:
    """The evidence is skipped, the exports run."""
    project = _workspace(tmp_path, lines(ITEMS))
    run_all(project)
    bound = "[firewall.benchmark_contamination]\nmin_covered_13 = 100\nmin_covered_8 = 100\n"
    toml = (MAPPED + VERDICT + LISTS).replace("[firewall", bound + "[firewall", 1)
    (tmp_path / "distill.toml").write_text(toml)
    again = run_all(make_workspace(tmp_path, toml, {}))
    assert again["build_evidence_index"].status == "skipped"
    assert again["export_sft"].status == "ran"


def test_the_command_writes_a_list_without_texts(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The hashed list does what the plain one does, and holds no word of it."""
    plain = tmp_path / "stories.jsonl"
    plain.write_bytes(lines(ITEMS))
    assert main(["benchmark-list", "hash", str(plain)]) == 0
    hashed = (tmp_path / "stories.hashed.jsonl").read_bytes()
    assert b"60 items" in capsys.readouterr().out.encode()
    assert not any(name.encode() in hashed for name in ("Mira", "harbour", "left"))
    root = tmp_path / "workspace"
    run_all(_workspace(root, hashed))
    assert len(read_jsonl(root / "exports" / "sft")) == 1
    assert main(["benchmark-list", "hash", str(tmp_path / "stories.hashed.jsonl")]) != 0
    assert "is hashed already" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (b'{"prompt": "a"}', "line 2: no id"),
        (b'{"id": "a", "prompt": ["b"]}', "line 2: prompt is no text"),
        (b"[]", "line 2: a JSON array"),
        (b"{", "line 2"),
    ],
)
def test_a_bad_row_of_a_list_is_named(
    tmp_path: Path, line: bytes, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """File and line stand in the error."""
    _workspace(tmp_path, lines(ITEMS[:1]) + line + b"\n")
    assert main(["run", "--workspace", str(tmp_path)]) != 0
    told = capsys.readouterr().err
    assert "lists/stories.jsonl" in told
    assert said in told


def test_an_items_texts_are_its_own() -> None:
    """The generator of this list gives sixty different items."""
    assert len({json.dumps(item(number)["prompt"]) for number in range(60)}) == 60
