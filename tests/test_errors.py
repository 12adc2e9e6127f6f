"""What a person sees of an error where no command line prints it."""

import traceback

from distill.errors import ConfigurationError


def test_a_traceback_shows_the_hint() -> None:
    """Whoever calls the library is told what to do too, once, and nothing where there is none."""
    told = "".join(traceback.format_exception(ConfigurationError("no file", "make one")))
    assert told.endswith("ConfigurationError: no file\nhint: make one\n")
    told = "".join(traceback.format_exception(ConfigurationError("no file")))
    assert told.endswith("ConfigurationError: no file\n")
