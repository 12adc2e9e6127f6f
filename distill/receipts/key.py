"""The key of a call: all that its outputs may depend on."""

from collections.abc import Mapping, Sequence
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
