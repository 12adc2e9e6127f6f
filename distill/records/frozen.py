"""The base of every value in a file: frozen, and closed to unknown fields."""

from typing import Self

import orjson
from pydantic import BaseModel, ConfigDict


class FrozenModel(BaseModel):
    """A value that can't change and refuses fields that it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid", ser_json_inf_nan="constants")

    def to_line(self) -> bytes:
        """Return the value as one JSON line, newline included, fields in the order of the class.

        Law: ``type(self).from_line(self.to_line()) == self``; the bytes depend on the value alone.
        """
        return self.model_dump_json().encode() + b"\n"

    @classmethod
    def from_line(cls, line: bytes) -> Self:
        """Return the value that `to_line` wrote.

        Raises:
            pydantic.ValidationError: the line is not such a value.
        """
        return cls.model_validate(orjson.loads(line))
