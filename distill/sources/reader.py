"""What the readers that come with Distill have in common.

`protocol.Source` is what a reader is held to. A reader of another package need not inherit these.
"""

from collections.abc import Mapping
from typing import Any, ClassVar, Self

from distill.records.frozen import FrozenModel
from distill.sources.protocol import JoinedFiles
from distill.sources.settings import read_settings


class Reader:
    """The attributes of `Source` for a log whose records each make their own runs."""

    kind: ClassVar[str]
    records_at: str = ""
    verdict_only: bool = False
    joined: tuple[JoinedFiles, ...] = ()
    group_by: str | None = None
    order_by: str | None = None


class NoSettings(FrozenModel):
    """There is nothing to set."""


class FixedReader(Reader):
    """A reader of a format that leaves nothing to set."""

    @classmethod
    def from_settings(cls, settings: Mapping[str, Any]) -> Self:
        """Return the reader; it has no settings.

        Raises:
            ConfigurationError: there is a key.
        """
        read_settings(NoSettings, settings, cls.kind)
        return cls()
