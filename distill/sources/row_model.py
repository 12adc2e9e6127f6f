"""Rows of Distill's own formats, each of which has a model."""

from typing import Any, TypeVar

from pydantic import ValidationError

from distill.records.frozen import FrozenModel
from distill.sources.messages import violation

R = TypeVar("R", bound=FrozenModel)


def read_model(model: type[R], row: Any, rule: str) -> R:
    """Return a row as a value of its format's model.

    Raises:
        RecordError: `schema_violation` by this rule: where the first error is, and of which kind.
    """
    try:
        return model.model_validate(row)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        place = "/".join(str(part)[:60] for part in first["loc"])
        raise violation(rule, f"/{place}: {first['msg']}") from error
