"""A command that no needle names is no finding: reading all of them finds nothing more."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from distill.firewall import oracle_access, oracle_target
from distill.firewall.oracle_needles import hints_of, may_make, may_tell
from distill.records.evidence import Mark
from distill.records.message import Message, ToolCall
from distill.records.run_texts import RunTexts
from tests.exports.builders import assistant, call, tool, user

_PIECES = [
    *("git ", "'git' ", "g<<'X'it log --all", "show ", "HEAD ", "0123abcd12 ", "--all", "-i "),
    *("gh pr view 3", "gh\xa0pr view", "gh<<X pr view", "fetch ", "git init", "origin/main"),
    *("curl https://github.com/o/n/x ", "pip install n", "pip3 download 'n'", "uv add n "),
    *("go'l'd.patch", "cat ", "cat gold.patch", "cat \u017folution.sh", "cat /verifier/x"),
    *(" > gold.patch", "touch gold.patch", "cp a ", "rm ", "rm tests/test_a.py", "sudo "),
    *("sed -i s/a/b/ tests/test_a.py", "perl ", "test_a.py", "bash -c 'cat gold.patch'"),
    *('bash -c "rm -r tests"', "python -m pip install n", "<<EOF\n", "\nEOF\n", "<<gold"),
    *("'a<<gold.patch'", "\0", "\u00e9", "\\\n", "''", '"', "&& ", "; ", "\n", " | ", "x", " "),
]
_PIECED = st.lists(st.sampled_from(_PIECES), min_size=1, max_size=6).map("".join)
_LINES = [
    *("git fetch", "git log --all", "git show 9876abc", "git reflog", "gh pr diff", "gh\tpr view"),
    *("curl -L https://github.com/o/n/pull/1", "pip install n", "npm view n", "uv add n"),
    *("python -m pip wheel n", "cargo fetch n", "gem pack n", "yarn download n", "conda install n"),
    *("cat /x/gold-patch", "head oracle_answer.md", "cat ground_truth.csv", "cat testpatch"),
    *("cat /grader/x", "rm test_a.py", "unlink spec/", "sed -i s/a// a_test.go", "shred tests.py"),
    *("perl -i x test_a.py", "cat canonical.diff", "cat reference-solution.py"),
]
_MADE = ["git init", "touch test_a.py", "ls > a", "cp a b", "mv a b", "tee canonical.diff"]
_LINED = st.builds("{}\n{}".format, st.sampled_from(_MADE) | _PIECED, st.sampled_from(_LINES))
_COMMANDS = st.sampled_from(_LINES) | _LINED | _PIECED
_PATHS = st.sampled_from(["gold.patch", "tests/test_a.py", "a.py", "/x/solution.sh"])
_ARGUMENTS: st.SearchStrategy[dict[str, Any] | str] = st.one_of(
    _COMMANDS.map(lambda text: {"command": text}),
    _COMMANDS.map(lambda text: {"cmd": ["bash", "-lc", text]}),
    st.builds(lambda path: {"path": path, "old_str": "assert x", "new_str": ""}, _PATHS),
    st.just({"url": "https://github.com/o/n/pull/1"}),
    _COMMANDS,
)
_CALLS = st.builds(call, st.sampled_from(["bash", "create_file", "browse", "edit"]), _ARGUMENTS)
_PROMPTS = st.sampled_from(
    ["Mend the repository.", "Do it.", "Mend the code base; see gold.patch.", "A puLL reque\u017ft"]
)


def _acting(calls: list[ToolCall]) -> list[Message]:
    return [one for made in calls for one in (assistant(None, made), tool("0123abcd12"))]


def _blocks(texts: list[str]) -> list[Message]:
    return [one for text in texts for one in (assistant(f"```sh\n{text}\n```"), user("ok"))]


_RUNS = st.one_of(
    st.lists(_CALLS, min_size=1, max_size=6).map(_acting),
    st.lists(_COMMANDS, min_size=1, max_size=4).map(_blocks),
)


def _marks(texts: RunTexts) -> tuple[Mark, ...]:
    told = oracle_access.observe(texts)
    return () if told is None else told.marks


@given(prompt=_PROMPTS, turns=_RUNS, task=st.sampled_from(["o__n-12", "t", "o/n"]))
@settings(max_examples=300)
def test_needles_hide_no_finding(prompt: str, turns: list[Message], task: str) -> None:
    """Where every command is read and every prompt searched, the same is found."""
    texts = RunTexts(messages=(user(prompt), *turns), task_id=task)
    found = _marks(texts)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(oracle_access, "hints_of", lambda commands: [-1] * len(commands))
        patch.setattr(oracle_target, "_SPOKEN", ("",))
        assert _marks(replace(texts)) == found


def test_every_line_that_tells_or_makes_is_named() -> None:
    """One line for each needle."""
    hints = hints_of([*_LINES, *_MADE])
    assert all(may_tell(one, is_repository=True) for one in hints[: len(_LINES)])
    assert all(map(may_make, hints[len(_LINES) :]))
    texts = [
        RunTexts(messages=(user("Do it."), assistant(None, call("x", {"command": one}))))
        for one in _LINES
    ]
    assert all(_marks(replace(one, task_id="o__n-12")) for one in texts)


@pytest.mark.parametrize(
    ("command", "tells", "makes"),
    [
        ("ls -la && python -m pytest", False, False),
        ("sed -n '1,40p' tests/test_a.py", False, False),
        ("pip list", False, False),
        ("echo done > out.txt", False, True),
        ("git status", True, True),
        ("cat 'go''ld.patch'", True, False),
    ],
)
def test_common_commands_are_not_read(command: str, tells: bool, makes: bool) -> None:
    """What is spared, and what is not."""
    hints = hints_of(["ls", command])[1]
    assert (may_tell(hints, is_repository=True), may_make(hints)) == (tells, makes)
