"""The C heap of this process: what is free of it, and is given back to the system."""


def give_back() -> None:
    """Give back the memory that this process freed, before others are forked from it.

    The C library keeps what is free between what is in use, and every process that is forked has it
    too as soon as it is written to. glibc alone has a call for it (malloc_trim(3)); elsewhere
    nothing is done.
    """
    import ctypes  # noqa: PLC0415 - few calls are so large

    try:
        trim = ctypes.CDLL(None).malloc_trim
    except (AttributeError, OSError, TypeError):  # another C library, or none to ask
        return
    trim(0)
