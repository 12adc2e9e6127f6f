"""Gate: the agent found its answer itself, and did not read it.

Looked at is what the agent had run (`agent_commands`) and which files its calls name. In a task
about a repository these count: history beyond the commit that it began with, fetching its upstream,
its package from an index, deleting or weakening its tests. Files named like an answer count in
every task. What the prompt itself names, and what the run made before, is no finding.
"""

import re
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Final

from distill.firewall import oracle_commands as rules
from distill.firewall.agent_commands import (
    AgentCall,
    AgentCommand,
    agent_commands,
    calls_in,
    strings_of,
)
from distill.firewall.finding import Finding, GateSettings, RunCandidate
from distill.firewall.looking import seen
from distill.firewall.observation import finding_by_rule, marks_of
from distill.firewall.oracle_needles import hints_of, may_make, may_tell
from distill.firewall.oracle_target import Target, target_of
from distill.firewall.shell_words import SimpleCommand, simple_commands
from distill.records.evidence import Mark, Observation
from distill.records.run_texts import RunTexts
from distill.records.taxonomy import QuarantineReason

NAME: Final = "oracle_access"
VERSION: Final = 2
_REASON: Final = QuarantineReason.ORACLE_ACCESS
_MOST_MARKS: Final = 50

_PATH_NAMES: Final = frozenset({"path", "file_path", "file", "filename", "filepath", "target_file"})
_MAKERS: Final = re.compile(r"create|write|touch|save|new_file", re.IGNORECASE)
_BROWSERS: Final = re.compile(r"fetch|brows|web|url|navigate|http|crawl|visit|goto", re.IGNORECASE)
_TARGETS: Final = re.compile(r">>?\s*([\w./-]+)")
_ASSERTS: Final = re.compile(r"\bassert|\bexpect\(|def test_|\bit\(|func Test|@Test\b")
_SKIPS: Final = re.compile(
    r"mark\.(?:skip|xfail)|unittest\.skip|\.skip\(|t\.Skip\(|@(?:Ignore|Disabled)\b"
)


def observe(texts: RunTexts) -> Observation | None:
    """Tell the places of commands and calls that read the answer, the first 50."""
    if not texts.messages:
        return None
    commands = seen(texts, _hinted)
    calls = calls_in(texts)
    names = {call.function.name for call in calls}
    may_be = (
        any(may_tell(hints) for _, hints in commands)
        or any(map(_BROWSERS.search, names))
        or any(map(_names_oracle, calls))
    )
    if not may_be:
        return None
    marks = tuple(islice(_Reading(target_of(texts)).marks(calls, commands), _MOST_MARKS))
    return Observation(version=VERSION, marks=marks) if marks else None


def _hinted(runs: Sequence[RunTexts]) -> list[list[tuple[AgentCommand, int]]]:
    """Return the commands of each run whose text may hold something, each with what it may hold."""
    commands = [list(agent_commands(run.messages or (), calls_in(run))) for run in runs]
    hints = iter(hints_of([one.text for of_run in commands for one in of_run]))
    return [[(one, found) for one in of_run if (found := next(hints))] for of_run in commands]


def _may_tell(call: AgentCall, *, is_repository: bool) -> bool:
    """Say whether a call may be a finding, in a task about a repository or in any other."""
    if is_repository and _BROWSERS.search(call.function.name):
        return True
    return _names_oracle(call, is_repository=is_repository)


def _names_oracle(call: AgentCall, *, is_repository: bool = True) -> bool:
    """Say whether a call names an answer, or in a task about a repository its tests."""
    paths = [path for _, path in _paths(call)]
    return any(rules.is_answer(p) or (is_repository and rules.is_test(p)) for p in paths)


def _paths(call: AgentCall) -> Sequence[tuple[str, str]]:
    """Return place and text of each of a call's arguments that is named like a path."""
    arguments = call.function.arguments
    if isinstance(arguments, str):
        return ()
    if _PATH_NAMES.isdisjoint(arguments):
        inner = [one for one in arguments.values() if isinstance(one, dict)]
        if not inner:
            return ()
    return [(at, text) for name, at, text in strings_of(call) if name in _PATH_NAMES]


def check(candidate: RunCandidate, settings: GateSettings) -> Finding | None:
    """Pass where no command counts; `ignore` holds the rules that do not."""
    ignored = settings.firewall.oracle_access.ignore
    return finding_by_rule(_REASON, marks_of(candidate, NAME, _REASON, ignored))


class _Reading:
    """Goes through a run in order, and keeps what the agent made on the way."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self._made: set[str] = set()
        self._has_own_history = False

    def marks(
        self, calls: Sequence[AgentCall], commands: Sequence[tuple[AgentCommand, int]]
    ) -> Iterator[Mark]:
        """Yield the marks of a run's calls and of its commands, each with its hints."""
        for one in self._acts(calls, commands):
            yield from self._of_call(one) if isinstance(one, AgentCall) else self._of_command(one)

    def _acts(
        self, calls: Sequence[AgentCall], commands: Sequence[tuple[AgentCommand, int]]
    ) -> Sequence[AgentCall | AgentCommand]:
        """Return in order what is worth reading: what may be a finding, what may make something.

        Nothing behind the last that may be a finding is.
        """
        is_repository = self._target.is_repository
        acts: list[tuple[bool, AgentCall | AgentCommand]] = [
            *((_may_tell(call, is_repository=is_repository), call) for call in calls),
            *(
                (may_tell(hints, is_repository=is_repository), one)
                for one, hints in commands
                if may_make(hints) or may_tell(hints, is_repository=is_repository)
            ),
        ]
        acts.sort(key=lambda act: act[1].message)
        last = next((n for n in range(len(acts) - 1, -1, -1) if acts[n][0]), -1)
        return [act for _, act in acts[: last + 1]]

    def _of_command(self, command: AgentCommand) -> Iterator[Mark]:
        for one in simple_commands(command.text):
            self._take(one, command)
            rule = self._rule(one, command)
            if rule is not None:
                start, end = command.start + one.start, command.start + one.end
                yield Mark(rule=rule, at=command.at, start=start, end=end)

    def _rule(self, one: SimpleCommand, command: AgentCommand) -> str | None:
        words, target = list(one.words), self._target
        found = rules.answer_rule(words, target, self._made)
        if found is not None or not target.is_repository:
            return found
        if words[0] == "git" and not self._has_own_history:
            found = rules.git_rule(words, target, command.message)
        elif words[:2] == ["gh", "pr"] and words[2:3] in (["view"], ["diff"], ["checkout"]):
            found = "upstream_web"
        elif rules.fetches(words):
            found = rules.upstream_rule(command.text[one.start : one.end], target)
        return found or rules.package_rule(words, target) or rules.tests_rule(words, self._made)

    def _take(self, one: SimpleCommand, command: AgentCommand) -> None:
        """Remember what a command makes: its redirections, what it copies to, a history."""
        text = command.text[one.start : one.end]
        self._made.update(rules.basename(found[1]) for found in _TARGETS.finditer(text))
        if one.words[0] in ("touch", "mkdir", "tee"):
            self._made.update(map(rules.basename, one.words[1:]))
        elif one.words[0] in ("cp", "mv"):
            self._made.add(rules.basename(one.words[-1]))
        self._has_own_history |= one.words[:2] == ("git", "init")

    def _of_call(self, call: AgentCall) -> Iterator[Mark]:
        named = _paths(call)
        verb = f"{call.function.name} {_argument(call, 'command')}"
        if _MAKERS.search(verb):
            self._made.update(rules.basename(path) for _, path in named)
            return
        for at, path in named:
            rule = self._rule_of_path(path, call)
            if rule is not None:
                yield Mark(rule=rule, at=at, start=0, end=len(path))
        if self._target.is_repository and _BROWSERS.search(call.function.name):
            for _, at, text in strings_of(call):
                rule = rules.upstream_rule(text, self._target)
                if rule is not None:
                    yield Mark(rule=rule, at=at, start=0, end=len(text))

    def _rule_of_path(self, path: str, call: AgentCall) -> str | None:
        if rules.basename(path) in self._made:
            return None
        if rules.is_answer(path) and not self._target.names(path):
            return "answer_file"
        old, new = (
            _argument(call, "old_str", "old_string"),
            _argument(call, "new_str", "new_string"),
        )
        is_weaker = len(_ASSERTS.findall(old)) > len(_ASSERTS.findall(new))
        is_skipped = bool(_SKIPS.search(new)) and not _SKIPS.search(old)
        if self._target.is_repository and rules.is_test(path) and old and (is_weaker or is_skipped):
            return "tests_weakened"
        return None


def _argument(call: AgentCall, *names: str) -> str:
    arguments = call.function.arguments
    if isinstance(arguments, str):
        return ""
    found = (arguments.get(name) for name in names)
    return next((value for value in found if isinstance(value, str)), "")
