"""Functions of the C library that Python has no module for."""

from typing import Any


def c_function(name: str) -> Any:
    """Return a function of the C library; null where there is none of this name, or no library."""
    import ctypes  # noqa: PLC0415 - 10 ms, and few calls need it

    try:
        return getattr(ctypes.CDLL(None), name)
    except (AttributeError, OSError, TypeError):  # another system, or another C library
        return None
