"""Which task a run was given, as far as `oracle_access` has to know: a repository, and which.

A task is about a repository where a task table says which, where its id is ``owner__name-123``, or
where its prompt speaks of one; an id ``owner/name`` then tells which. Other tasks have no history,
no upstream and no tests that judge them.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from distill.records.message import PROMPTING_ROLES, Message
from distill.records.run_texts import RunTexts

_BY_ID: Final = re.compile(
    r"(?:^|.*/)(?P<owner>[\w.-]+?)__(?P<name>[\w.-]+?)[-.](?:\d+|[0-9a-f]{7,40})(?![\w])"
)
_BY_NAME: Final = re.compile(
    r"(?P<owner>[A-Za-z][\w.-]*)/(?P<name>[A-Za-z][\w.-]*?)(?:[@#:].*|-\d+)?\Z"
)
_SPEAKS_OF_ONE: Final = re.compile(
    r"\b(?:repository|codebase|code base|pull request|github issue|git repo)\b|/testbed\b"
    r"|<uploaded_files>",
    re.IGNORECASE,
)
#: Each match holds one of these; the pattern alone costs more than all else.
_SPOKEN: Final = ("repo", "code", "pull request", "github issue", "/testbed", "<uploaded")
_SHA: Final = re.compile(r"(?<![0-9a-zA-Z])[0-9a-f]{7,40}(?![0-9a-zA-Z])")
_WORD: Final = re.compile(r"[\w./-]+")
_GIT: Final = re.compile(r"\bgit ([a-z-]+)")
ADDRESS: Final = re.compile(r"https?://[^\s'\"<>)\]`]+")
SHORT_SHA: Final = 7


@dataclass(frozen=True)
class Target:
    """What is known of a run's task. `owner` and `name` are lower case, "" where not known."""

    messages: tuple[Message, ...]
    owner: str
    name: str
    is_repository: bool

    @cached_property
    def prompt(self) -> str:
        """What was said before the agent first spoke."""
        return "\n".join(_prompt(self.messages))

    @cached_property
    def named_paths(self) -> frozenset[str]:
        """The words of the prompt that may be paths, and the last part of each."""
        words = _WORD.findall(self.prompt)
        return frozenset(part for word in words for part in (word, word.rsplit("/", 1)[-1]))

    @cached_property
    def named_addresses(self) -> frozenset[str]:
        """The web addresses in the prompt."""
        return frozenset(ADDRESS.findall(self.prompt))

    @cached_property
    def named_git(self) -> frozenset[str]:
        """The git commands that the prompt names, such as ``pull``."""
        return frozenset(_GIT.findall(self.prompt))

    def names(self, path: str) -> bool:
        """Say whether the prompt names a path, or a file of that name."""
        return path in self.named_paths or path.rsplit("/", 1)[-1] in self.named_paths

    def is_it(self, owner: str, name: str) -> bool:
        """Say whether a repository is the task's; an owner that is not known may be any."""
        name = name.lower().removesuffix(".git")
        return (
            bool(self.name) and name == self.name and owner.lower() in (self.owner, owner.lower())
        )

    def knows_commit(self, sha: str, before: int) -> bool:
        """Say whether a commit was named to the agent before a message."""
        return self._first_named.get(sha[:SHORT_SHA], before) < before

    @cached_property
    def _first_named(self) -> dict[str, int]:
        """The message that first names a commit, by the beginning of its hash."""
        named: dict[str, int] = {}
        for number, message in enumerate(self.messages):
            if message.role != "assistant" and message.content:
                for found in _SHA.finditer(message.content):
                    named.setdefault(found[0][:SHORT_SHA], number)
        return named


def target_of(texts: RunTexts) -> Target:
    """Return what a run's task is about."""
    messages = texts.messages or ()
    speaks = any(map(_speaks_of_one, _prompt(messages)))
    told = _BY_NAME.match(texts.repository or "")
    if told is not None:
        return Target(messages, told["owner"].lower(), told["name"].lower(), True)
    for text in (texts.task_id or "", texts.subject or ""):
        found = _BY_ID.match(text) or (_BY_NAME.match(text) if speaks else None)
        if found is not None:
            return Target(messages, found["owner"].lower(), found["name"].lower(), True)
    return Target(messages, "", "", speaks)


def _speaks_of_one(text: str) -> bool:
    if text.isascii():
        lower = text.lower()
        if not any(one in lower for one in _SPOKEN):
            return False
    return bool(_SPEAKS_OF_ONE.search(text))


def _prompt(messages: tuple[Message, ...]) -> Iterator[str]:
    for message in messages:
        if message.role == "assistant":
            return
        if message.role in PROMPTING_ROLES and message.content:
            yield message.content
