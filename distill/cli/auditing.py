"""The flags of the commands that audit a workspace; each names the function that runs it."""

from distill.cli.command import Commands, add_command


def add_audit_commands(commands: Commands) -> None:
    """Add the commands that an auditor uses."""
    _verify(commands)


def _verify(commands: Commands) -> None:
    add_command(commands, "verify", "verification:verify", "reread receipts, inputs and outputs")
