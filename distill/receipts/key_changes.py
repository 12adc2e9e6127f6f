"""What changed between two keys, named part by part, with the old and the new value."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final, NamedTuple, TypeGuard

from distill.receipts.canonical import Json, dumps
from distill.receipts.digest import Digest
from distill.receipts.key import KeyedInput, KeyParts
from distill.receipts.parameters import MARKS
from distill.receipts.receipt import Code, Environment

_MOST_SHOWN: Final = 60  # characters of a value
_LEFT_BEFORE: Final = 20  # of what two long values have in common from their beginning on
_NUMBERS: Final = {"float": "float", "int": "integer"}
_KINDS: Final = {bool: "boolean", int: "integer", str: "text"}


class Change(NamedTuple):
    """One part of the key that differs: its name for machines, and a phrase for people.

    ``old`` and ``new`` are digests, versions or JSON; null where there was, or is, none.
    """

    part: str
    phrase: str
    old: str | None = None
    new: str | None = None


def changes(old: KeyParts, new: KeyParts) -> tuple[Change, ...]:
    """Return the smallest set of parts in which two keys differ, the most telling first."""
    return (
        *_version(old, new),
        *_function(old.code, new.code),
        *_code(old.code.files, new.code.files),
        *_environment(old.environment, new.environment),
        *_fields(old.parameters, new.parameters, ""),
        *_inputs(old.inputs, new.inputs),
    )


def sentence(found: Sequence[Change], *, limit: int = 3) -> str:
    """Return changes as one sentence; all but the first few are only counted."""
    shown = "; ".join(change.phrase for change in found[:limit])
    rest = len(found) - limit
    return f"{shown}; and {rest} more" if rest > 0 else shown


def _version(old: KeyParts, new: KeyParts) -> Iterator[Change]:
    if old.version != new.version:
        phrase = f"stage version {old.version} → {new.version}"
        yield Change("version", phrase, str(old.version), str(new.version))


def _function(old: Code, new: Code) -> Iterator[Change]:
    if old.function != new.function:
        phrase = f"function {old.function} → {new.function}"
        yield Change("function", phrase, old.function, new.function)


def _code(old: Mapping[str, Digest], new: Mapping[str, Digest]) -> Iterator[Change]:
    for name, verb in _differences(old, new):
        before, after = _text(old.get(name)), _text(new.get(name))
        yield Change(f"code:{name}", f"code {verb}: {name}", before, after)


def _environment(old: Environment, new: Environment) -> Iterator[Change]:
    if old.python != new.python:
        phrase = f"Python {old.python} → {new.python}"
        yield Change("environment:python", phrase, old.python, new.python)
    for name, _ in _differences(old.distributions, new.distributions):
        before, after = old.distributions.get(name), new.distributions.get(name)
        phrase = f"distribution {name} {before or 'absent'} → {after or 'absent'}"
        yield Change(f"environment:{name}", phrase, before, after)


def _fields(old: Mapping[str, Json], new: Mapping[str, Json], where: str) -> Iterator[Change]:
    for name in sorted({*old, *new}):
        place = f"{where}.{name}" if where else name
        if name in old and name in new:
            yield from _parameter(old[name], new[name], place)
        else:
            verb = "is new" if name in new else "is gone"
            before = _shown(old[name]) if name in old else None
            after = _shown(new[name]) if name in new else None
            yield Change(f"parameter:{place}", f"parameter {place} {verb}", before, after)


def _parameter(old: Json, new: Json, where: str) -> Iterator[Change]:
    if _is_object(old) and _is_object(new):
        yield from _fields(old, new, where)
    elif _are_objects(old) and _are_objects(new):
        yield from _elements(old, new, where)
    elif dumps(old) != dumps(new):  # as JSON, in which 1 and true differ
        before, after = _shown_both(old, new)
        phrase = f"parameter {where} changed ({before} → {after}{_kinds(old, new)})"
        yield Change(f"parameter:{where}", phrase, before, after)


def _elements(old: Sequence[Json], new: Sequence[Json], where: str) -> Iterator[Change]:
    """Yield what differs in two lists of objects, but for those that begin or end both."""
    begin = _in_common(old, new)
    end = _in_common(old[begin:][::-1], new[begin:][::-1])
    gone, come = old[begin : len(old) - end], new[begin : len(new) - end]
    for number in range(max(len(gone), len(come))):
        place = f"{where}[{begin + number}]"
        before, after = gone[number : number + 1], come[number : number + 1]
        if before and after:
            yield from _parameter(before[0], after[0], place)
        else:
            verb = "is new" if after else "is gone"
            was = _shown(before[0]) if before else None
            now = _shown(after[0]) if after else None
            yield Change(f"parameter:{place}", f"parameter {place} {verb}", was, now)


def _in_common(old: Sequence[Json], new: Sequence[Json]) -> int:
    """Return how many elements two lists have in common from their beginning on."""
    pairs = zip(old, new, strict=False)
    return next(
        (n for n, (a, b) in enumerate(pairs) if dumps(a) != dumps(b)), min(len(old), len(new))
    )


def _are_objects(value: Json) -> TypeGuard[Sequence[Json]]:
    """Whether recorded JSON is a list of objects."""
    return isinstance(value, list | tuple) and bool(value) and all(map(_is_object, value))


def _is_object(value: Json) -> TypeGuard[Mapping[str, Json]]:
    """Whether recorded JSON is an object, and no mark of a number or of a mapping's pairs."""
    return isinstance(value, Mapping) and not (len(value) == 1 and MARKS & value.keys())


def _kinds(old: Json, new: Json) -> str:
    """Return of what types two texts or numbers are, where they are of two."""
    before, after = _kind(old), _kind(new)
    return f", {before} → {after}" if before and after and before != after else ""


def _kind(value: Json) -> str:
    """Return what a text or a number is called; the empty text for all else."""
    if isinstance(value, Mapping):
        return next((kind for mark, kind in _NUMBERS.items() if value.keys() == {mark}), "")
    return _KINDS.get(type(value), "")


def _inputs(old: Sequence[KeyedInput], new: Sequence[KeyedInput]) -> Iterator[Change]:
    before = {(one.role, one.path): one.blake3 for one in old}
    after = {(one.role, one.path): one.blake3 for one in new}
    for place in sorted({*before, *after}):
        path, was, now = place[1], before.get(place), after.get(place)
        if was is None:
            yield Change(f"input:{path}", f"input {path} is new", None, str(now))
        elif now is None:
            yield Change(f"input:{path}", f"input {path} is gone", str(was), None)
        elif was != now:
            phrase = f"input {path} changed (blake3 {was.hex[:4]}… → {now.hex[:4]}…)"
            yield Change(f"input:{path}", phrase, str(was), str(now))
    often = Counter((one.role, one.path) for one in old)
    often_now = Counter((one.role, one.path) for one in new)
    for place in sorted(before.keys() & after.keys()):
        was_times, times = often[place], often_now[place]
        if was_times != times:
            phrase = f"input {place[1]} is given {_times(times)}, and was {_times(was_times)}"
            yield Change(f"input:{place[1]}", phrase, str(was_times), str(times))
    if before == after and often == often_now and _places(old) != _places(new):
        yield Change("input:order", "the inputs come in another order")


def _places(inputs: Sequence[KeyedInput]) -> list[tuple[str, str]]:
    return [(one.role, one.path) for one in inputs]


def _times(count: int) -> str:
    return {1: "once", 2: "twice"}.get(count, f"{count} times")


def _text(digest: Digest | None) -> str | None:
    return None if digest is None else str(digest)


def _differences(old: Mapping[str, object], new: Mapping[str, object]) -> Iterable[tuple[str, str]]:
    for name in sorted({*old, *new}):
        if name not in old:
            yield name, "added"
        elif name not in new:
            yield name, "removed"
        elif old[name] != new[name]:
            yield name, "changed"


def _shown_both(old: Json, new: Json) -> tuple[str, str]:
    """Return two values that differ, each cut to what can be read, so that the difference shows."""
    before, after = _written(old), _written(new)
    common = _common_beginning(before, after)
    if max(len(before), len(after)) > _MOST_SHOWN and common > _LEFT_BEFORE:
        begin = common - _LEFT_BEFORE
        before, after = f"…{before[begin:]}", f"…{after[begin:]}"
    return _cut(before), _cut(after)


def _common_beginning(one: str, other: str) -> int:
    """Return how many characters two texts that differ have in common from their beginning on."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((n for n, (a, b) in pairs if a != b), min(len(one), len(other)))


def _shown(value: Json) -> str:
    return _cut(_written(value))


def _written(value: Json) -> str:
    if isinstance(value, Mapping) and value.keys() in ({"float"}, {"int"}):
        return str(*value.values())
    return dumps(value).decode("utf-8")


def _cut(text: str) -> str:
    return text if len(text) <= _MOST_SHOWN else f"{text[: _MOST_SHOWN - 3]}…"
