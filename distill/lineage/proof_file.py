"""Writing a proof or a statement where a person asks for it."""

from pathlib import Path

from distill.errors import ConfigurationError
from distill.receipts import durable


def write_content(content: bytes, path: Path) -> None:
    """Put bytes in the place of a file, whole or not at all.

    Raises:
        ConfigurationError: the file can't be written.
    """
    if not path.absolute().parent.is_dir():
        raise ConfigurationError(f"{path} can't be written: no such folder", "make it first")
    try:
        durable.replace_file(path.absolute(), content, durable.new_token())
    except OSError as error:
        raise ConfigurationError(
            f"{path} can't be written: {error.strerror}", "name another place with -o"
        ) from error
