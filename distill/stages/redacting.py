"""The key of the redactions that a stage was called with, and the key that a scratch folder holds.

A claim names the key (`RedactionKey.id`) and never holds it: the key itself comes beside the claim,
as an argument that does not count, or from the folder where keys lie.
"""

from typing import Final

from distill.errors import ContractError
from distill.firewall.redaction import RedactionKey
from distill.receipts.scope import current_workspace
from distill.workspace.redaction_key import KEY_FILE, read_key

_HINT: Final = "set redaction_key in [firewall] to the file of that key"


def key_named(name: str | None, given: RedactionKey | None) -> RedactionKey | None:
    """Return the key of that id: the given one, or the one in the current workspace.

    Null where none is named, or the named one is not here; a run that needs it is then undecided.

    Raises:
        ContractError: the given key is another one.
    """
    if name is None:
        return None
    if given is not None:
        if given.id != name:
            raise ContractError(f"the redaction key is {given.id}, and not {name}", _HINT)
        return given
    found = read_key(current_workspace().root / KEY_FILE)
    return found if found is not None and found.id == name else None
