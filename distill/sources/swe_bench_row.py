"""What rows about SWE-bench's tasks have in common, whoever wrote them."""

from collections.abc import Mapping
from typing import Any

from distill.sources.conversation import scalar_text
from distill.sources.messages import violation
from distill.sources.strict_json import name_type


def read_instance(row: Mapping[str, Any]) -> str:
    """Return the id of the task.

    Raises:
        RecordError: `schema_violation`: there is none.
    """
    instance = scalar_text(row.get("instance_id"))
    if instance is None:
        raise violation("no_instance_id", "instance_id is absent, blank or no text")
    return instance


def read_patch(row: Mapping[str, Any]) -> str | None:
    """Return the patch that was handed in; null where it is blank or there is none.

    Raises:
        RecordError: `schema_violation`: it is no text.
    """
    patch = row.get("model_patch")
    if patch is not None and not isinstance(patch, str):
        raise violation("patch_no_text", f"model_patch is a JSON {name_type(patch)}")
    return patch if patch and patch.strip() else None
