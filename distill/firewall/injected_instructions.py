"""Instructions in an observation that the agent then follows.

Observations are tools' results and, of an agent that acts in its text, what its acts led to
(`observed_turns`). An instruction is found by the phrases that such texts use to be obeyed. It is
followed where a later call's arguments, or a later act in the text, hold something that stands in
the instruction's text and that nobody had named before: an address, an account, a path, a name of
some length. One that the agent reads and leaves alone is no finding.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Final

from distill.firewall.agent_commands import agent_calls, strings_of
from distill.firewall.needles import Needles
from distill.firewall.observed_turns import observed_turns, text_actions
from distill.records.evidence import Mark
from distill.records.message import Message


def _joined(beginnings: Sequence[str], ends: Sequence[str]) -> list[str]:
    return [beginning + end for beginning in beginnings for end in ends]


_PHRASES: Final = re.compile(
    r"\b(?:ignore|disregard|forget|override)\s{1,3}(?:(?:all|any|every|the|of|your|my)\s{1,3}){0,3}"
    r"(?:(?:previous|prior|above|earlier|preceding|initial|original|other|foregoing)\s{1,3}"
    r"(?:\w{1,12}\s{1,3}){0,2})?(?:instructions?|prompts?|directions|guidelines|commands|tasks?)\b"
    r"|\b(?:important|urgent) (?:message|instructions?) (?:from|to|for)\b"
    r"|< ?/?(?:information|system|important|admin|instructions?) ?>"
    r"|\[/?(?:system|inst|admin)\]|<\|im_start\|>\s?system|^#{1,4} ?(?:system|new instructions?)\b"
    r"|\b(?:system|admin(?:istrator)?|developer) (?:override|notice|message|note|prompt)\s?:"
    r"|\b(?:ai|llm)(?: (?:assistants?|agents?|models?))? (?:must|should|need to|are required to)\b"
    r"|\bbefore (?:you )?(?:can )?(?:solv\w+|continu\w+|answer\w*|proceed\w*)\s(?:with\s)?the\s"
    r"(?:original\s|user's\s)?(?:task|request|question)\b",
    re.IGNORECASE | re.MULTILINE,
)
#: Each phrase holds one of these: most texts hold none, and no pattern is tried on them.
NEEDLES: Final = (
    *("ignore", "disregard", "forget", "override", "<|im_start|>"),
    *_joined(("important", "urgent"), (" message", " instruction")),
    *_joined(
        ("information", "system", "important", "admin", "instruction"), (">", " >", "s>", "s >")
    ),
    *_joined(("[", "[/"), ("system]", "inst]", "admin]")),
    *_joined(("#", "# "), ("system", "new instruction")),
    *_joined(
        ("system ", "admin ", "administrator ", "developer "),
        ("override", "notice", "message", "note", "prompt"),
    ),
    *_joined(
        ("ai", "llm", "assistant", "assistants", "agent", "agents", "model", "models"),
        (" must", " should", " need to", " are required to"),
    ),
    *_joined(
        ("before ", "before you ", "before can ", "before you can "),
        ("solv", "continu", "answer", "proceed"),
    ),
)
_LOOKED_FOR: Final = Needles(NEEDLES)
#: Characters before a needle, and behind the word that it ends in: more than a match takes up.
_AROUND: Final = 200
#: How far behind its phrase an instruction reaches, in characters.
_REACH: Final = 600
_SPECIFIC: Final = re.compile(r"[\w][\w.@:/+%#-]{5,200}")
_DISTINCT: Final = re.compile(r"[\d@/:._-]|[a-z][A-Z]")
_HIDDEN: Final = re.compile("[\u200b-\u200d\u2060\ufeff\u202a-\u202e\u2066-\u2069]")


def followed_instructions(messages: Sequence[Message], *, is_told: bool = False) -> Iterator[Mark]:
    """Yield, for each instruction that is followed, its place and that of the act.

    `is_told`: the log's format says which turns are observations (`observed_turns`).
    """
    observed = observed_turns(messages, is_told=is_told)
    if not any(_may_instruct(messages[number].content or "") for number in observed):
        return
    acts: dict[int, list[tuple[Mark, str]]] = {}
    for number, mark, text in _acts(messages, is_told=is_told):
        acts.setdefault(number, []).append((mark, text))
    known: set[str] = set()
    waiting: dict[str, Mark] = {}
    for number, message in enumerate(messages):
        content = message.content or ""
        if number in observed:
            for mark, words in _instructions(content, f"/messages/{number}/content"):
                waiting.update({word: mark for word in words - known if word not in waiting})
            continue
        if message.role != "assistant":
            known |= _specific(content)
            continue
        for act, text in acts.get(number, ()):
            obeyed = next((w for w in _SPECIFIC.findall(text) if _bare(w) in waiting), None)
            if obeyed is not None:
                yield waiting[_bare(obeyed)]
                yield act
                waiting = {}
            known.update(_specific(text))


def _acts(messages: Sequence[Message], *, is_told: bool) -> Iterator[tuple[int, Mark, str]]:
    """Yield message, place and text of all that the agent did: of its calls, else of its text."""
    has_calls = False
    for call in agent_calls(messages):
        has_calls = True
        for _, at, text in strings_of(call):
            yield call.message, Mark(rule="followed_by", at=at, start=0, end=len(text)), text
    for one in () if has_calls else text_actions(messages, is_told=is_told):
        end = one.start + len(one.text)
        yield one.message, Mark(rule="followed_by", at=one.at, start=one.start, end=end), one.text


def _instructions(content: str, at: str) -> Iterator[tuple[Mark, set[str]]]:
    """Yield each instruction of an observation, and the words that tell it."""
    plain, reached = _shown(content), 0
    for found in _phrases(plain):
        if found.start() < reached:
            continue
        reached = found.end() + _REACH
        words = _specific(plain[found.start() : reached])
        if words:
            end = min(found.end(), len(content))
            start = min(found.start(), end)
            yield Mark(rule="followed_instruction", at=at, start=start, end=end), words


def _phrases(text: str) -> Iterator[re.Match[str]]:
    """Yield every match of a phrase in a text."""
    for begin, end in _LOOKED_FOR.windows(text, _AROUND):
        yield from _PHRASES.finditer(text, begin, end)


def _may_instruct(content: str) -> bool:
    """Say whether a text holds a needle: one that holds none has none of the phrases."""
    raw = _shown(content).encode("utf-8", "surrogatepass")
    return next(_LOOKED_FOR.hits(raw), None) is not None


def _shown(content: str) -> str:
    return content if content.isascii() else _HIDDEN.sub("", content)


def _specific(text: str) -> set[str]:
    words = map(_bare, _SPECIFIC.findall(text))
    return {word for word in words if len(word) > 5 and _DISTINCT.search(word)}


def _bare(word: str) -> str:
    return word.strip(".:/-%#+")
