"""The base of settings and of a user's input: frozen, and closed to unknown fields."""

from pydantic import BaseModel, ConfigDict


class FrozenModel(BaseModel):
    """A value that can't change and refuses fields that it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid", ser_json_inf_nan="constants")
