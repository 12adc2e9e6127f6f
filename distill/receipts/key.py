"""The key of a call: all that its outputs may depend on, and what changed between two keys."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple, Protocol

from distill.receipts.canonical import Json, dumps
from distill.receipts.digest import Digest, digest_bytes
from distill.receipts.receipt import Claim, Code, Environment


class KeyedInput(Protocol):
    """What the key knows of an input."""

    @property
    def role(self) -> str: ...  # noqa: D102
    @property
    def path(self) -> str: ...  # noqa: D102
    @property
    def blake3(self) -> Digest: ...  # noqa: D102


class KeyParts(NamedTuple):
    """The parts of a key."""

    stage: str
    version: int
    code: Code  # its digest and its function: two functions of one module may share a stage's name
    environment: Environment
    parameters: Mapping[str, Json]
    inputs: Sequence[KeyedInput]

    @classmethod
    def of_claim(cls, claim: Claim) -> "KeyParts":
        """Return the parts that a claim records."""
        return cls(
            claim.stage,
            claim.version,
            claim.code,
            claim.environment,
            claim.parameters,
            claim.inputs,
        )

    def digest(self) -> Digest:
        """Return the key: equal keys promise equal outputs."""
        return digest_bytes(
            dumps(
                {
                    "stage": self.stage,
                    "version": self.version,
                    "code": self.code.digest.hex,
                    "function": self.code.function,
                    "environment": {
                        "python": self.environment.python,
                        "distributions": dict(self.environment.distributions),
                    },
                    "parameters": self.parameters,
                    "inputs": [
                        {"role": one.role, "path": one.path, "blake3": one.blake3.hex}
                        for one in self.inputs
                    ],
                }
            )
        )


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
        *_parameters(old.parameters, new.parameters, ""),
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


def _parameters(old: Json, new: Json, where: str) -> Iterator[Change]:
    if old == new and type(old) is type(new):
        return
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        for name in sorted({*old, *new}):
            place = f"{where}.{name}" if where else name
            if name not in old or name not in new:
                verb = "is new" if name in new else "is gone"
                before = _shown(old[name]) if name in old else None
                after = _shown(new[name]) if name in new else None
                yield Change(f"parameter:{place}", f"parameter {place} {verb}", before, after)
            else:
                yield from _parameters(old[name], new[name], place)
        return
    phrase = f"parameter {where} changed ({_shown(old)} → {_shown(new)})"
    yield Change(f"parameter:{where}", phrase, _shown(old), _shown(new))


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
    if before == after and [o.path for o in old] != [n.path for n in new]:
        yield Change("input:order", "the inputs come in another order")


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


def _shown(value: Json) -> str:
    if isinstance(value, Mapping) and set(value) == {"float"}:
        return str(value["float"])
    text = dumps(value).decode("utf-8")
    return text if len(text) <= 60 else f"{text[:57]}…"
