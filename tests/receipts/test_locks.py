"""A lock is held by the process that took it, and by nobody that it forked."""

import os

from distill.receipts.locks import hold, try_hold
from distill.receipts.workspace import Workspace


def test_a_forked_process_does_not_hold_on(workspace: Workspace) -> None:
    """A worker may outlive the run that started it: the next run does not wait for it."""
    reader, writer = os.pipe()
    told, tell = os.pipe()
    with hold(workspace, "stage"):
        child = os.fork()
        if child == 0:
            os.write(tell, b"x")  # what a fork does at first is done
            os.read(reader, 1)
            os._exit(0)
        with try_hold(workspace, "stage") as is_ours:
            assert not is_ours
        os.read(told, 1)
    try:
        with try_hold(workspace, "stage") as is_ours:
            assert is_ours
    finally:
        os.write(writer, b"x")
        os.waitpid(child, 0)
        for descriptor in (reader, writer, told, tell):
            os.close(descriptor)
