"""The command line: parse, call, print, map an error to an exit code. No logic lives here."""

from distill.cli.main import main

__all__ = ["main"]
