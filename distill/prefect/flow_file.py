"""The flow file that `distill init --prefect` writes into a workspace; needs no Prefect."""

from importlib.resources import files
from typing import Final

FLOW_PATH: Final = "flows/distillation.py"


def read_flow_file() -> str:
    """Return the text of the flow file; Distill's own `flows/distillation.py` is the same."""
    template = files("distill.prefect").joinpath("templates", "distillation.py.txt")
    return template.read_text(encoding="utf-8")
