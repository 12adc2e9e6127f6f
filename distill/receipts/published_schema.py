"""The JSON Schema of the receipt format, as ``receipts/receipt.schema.json`` publishes it.

It can't say all that a reader demands: the canonical form, that no two outputs have one path, that
a law's terms have equal sums, that a time is one of the calendar.
"""

from typing import Any, Final

from distill.receipts.canonical import MAX_INTEGER
from distill.receipts.receipt import FORMAT
from distill.receipts.schema import PATH_PATTERN, ReceiptModel

_DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
_ID: Final = "urn:distill:receipt:1"

# Any JSON that the canonical profile holds; the models leave it to `canonical`, which comes first.
_JSON: Final[dict[str, Any]] = {
    "anyOf": [
        {"type": ["null", "boolean"]},
        {"type": "integer", "minimum": -MAX_INTEGER, "maximum": MAX_INTEGER},
        {"type": "string", "pattern": "^[^\\u007f]*$"},
        {"type": "array", "items": {"$ref": "#/$defs/Json"}},
        {"$ref": "#/$defs/JsonObject"},
    ]
}
_JSON_OBJECT: Final[dict[str, Any]] = {
    "type": "object",
    "propertyNames": {"pattern": "^[ -~]*$"},
    "additionalProperties": {"$ref": "#/$defs/Json"},
}
# A path that may end in a slash.
_CODE_FILE_PATTERN: Final = PATH_PATTERN.replace(
    r"(?!(?:.*/)?\.{0,2}(?:/|$))", r"(?!(?:.*/)?(?:\.{0,2}/|\.{1,2}/?$)|/?$)"
)


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema."""
    made = ReceiptModel.model_json_schema()
    parts = made["$defs"]
    for name in ("parameters", "notes"):
        parts["ClaimModel"]["properties"][name] = {"$ref": "#/$defs/JsonObject"}
    parts["CodeModel"]["properties"]["files"]["propertyNames"] = {"pattern": _CODE_FILE_PATTERN}
    parts["FileModel"]["oneOf"] = [
        {"properties": {"records": {"type": records}, "root": {"type": root}}}
        for records, root in (("integer", "string"), ("null", "null"))
    ]
    parts |= {"Json": _JSON, "JsonObject": _JSON_OBJECT}
    return {**made, "$schema": _DIALECT, "$id": _ID, "title": FORMAT}
