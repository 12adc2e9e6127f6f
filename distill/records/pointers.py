"""Reference tokens of JSON pointers (RFC 6901, sections 3 and 4)."""


def escape_token(key: str) -> str:
    """Return a member's name as a reference token (``~`` as ``~0``, ``/`` as ``~1``)."""
    return key.replace("~", "~0").replace("/", "~1")


def unescape_token(token: str) -> str:
    """Return what a reference token stands for. Law: ``unescape_token(escape_token(k)) == k``."""
    return token.replace("~1", "/").replace("~0", "~")


def tokens_of(pointer: str) -> list[str]:
    """Return the tokens of a pointer that we wrote, unescaped; "" has none."""
    return [unescape_token(token) for token in pointer.split("/")[1:]]
