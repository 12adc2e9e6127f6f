"""The C heap of this process: what is free of it, and what of that is given back to the system."""

from typing import Final

from distill.receipts.c_library import c_function

_TRIM_THRESHOLD: Final = -1  # M_TRIM_THRESHOLD and M_MMAP_THRESHOLD of mallopt(3)
_MMAP_THRESHOLD: Final = -3
_KEPT: Final = 16 * 1024 * 1024  # bytes at the heap's end that stay there when they are free
_IN_HEAP: Final = 4 * 1024 * 1024  # values up to so many bytes lie in the heap


def keep_freed() -> None:
    """Let this process, and those forked from it, keep up to 16 MiB of what they free.

    Who works on long records frees some megabytes and asks for as many, again and again. glibc
    gives them back to the system each time, which has to clear every page before it gives it
    again. Elsewhere nothing is done.
    """
    set_option = c_function("mallopt")
    if set_option is not None:
        set_option(_TRIM_THRESHOLD, _KEPT)
        set_option(_MMAP_THRESHOLD, _IN_HEAP)


def give_back() -> None:
    """Give back the memory that this process freed, before others are forked from it.

    The C library keeps what is free between what is in use, and every process that is forked has it
    too as soon as it is written to. glibc alone has a call for it (malloc_trim(3)); elsewhere
    nothing is done.
    """
    trim = c_function("malloc_trim")
    if trim is not None:
        trim(0)
