"""The adapter to Prefect: tasks with receipts, their artifacts, and settings that work.

Prefect is imported when a name of this package is first used, with its tracking off; where the
extra `distill[prefect]` is missing, that use says so. The rest of Distill never imports Prefect.
"""

import importlib
import importlib.util
import os
from typing import TYPE_CHECKING

from distill.errors import ConfigurationError

if TYPE_CHECKING:
    from distill.prefect.command_line import launch as launch
    from distill.prefect.server import loopback_server as loopback_server
    from distill.prefect.settings import embedded_settings as embedded_settings
    from distill.prefect.task import receipt_task as receipt_task

_HOME_OF = {
    "embedded_settings": "settings",
    "launch": "command_line",
    "loopback_server": "server",
    "receipt_task": "task",
}

__all__ = ["embedded_settings", "launch", "loopback_server", "receipt_task"]


def __getattr__(name: str) -> object:
    module = _HOME_OF.get(name)
    if module is None:
        message = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(message)
    _require_prefect()
    return getattr(importlib.import_module(f"{__name__}.{module}"), name)


def _require_prefect() -> None:
    """Turn Prefect's tracking off, which it reads while it is imported; a user's own setting wins.

    Raises:
        ConfigurationError: Prefect is not installed.
    """
    if importlib.util.find_spec("prefect") is None:
        raise ConfigurationError("Prefect is not installed", 'pip install "distill[prefect]"')
    os.environ.setdefault("DO_NOT_TRACK", "1")
