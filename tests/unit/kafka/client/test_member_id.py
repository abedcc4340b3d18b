"""Whose a static member id is, by what a broker says of a group."""

import os
import socket
import uuid

import pytest

from monitor.kafka.client.member_id import holder
from monitor.kafka.client.process import may_live, named_client, process_name, process_of

MEMBERS = [
    (f"pod-1-{uuid.UUID(int=1)}", "flowdrift@host-a:7"),
    (f"pod-{uuid.UUID(int=2)}", "flowdrift@host-b:7"),
    (f"flowdrift@host-c:7-{uuid.UUID(int=3)}", "flowdrift@host-c:7"),
    (f"old-{uuid.UUID(int=4)}", "flowdrift"),
]


@pytest.mark.parametrize(
    ("instance", "process"), [("pod-1", "host-a:7"), ("pod", "host-b:7"), ("old", ""), ("other", "")]
)
def test_the_holder_of_an_id_is_named_by_its_client(instance: str, process: str) -> None:
    """Ids that begin alike are told apart; a client of a release before names no process."""
    assert holder(instance, MEMBERS) == process


def test_this_process_names_itself() -> None:
    """Its client id leads back to it."""
    assert process_of(named_client("flowdrift-auditor-reads-2")) == process_name()
    assert process_of("flowdrift-auditor-reads-2") == ""


def test_a_process_of_this_host_that_has_ended_holds_nothing() -> None:
    """Of another host nobody knows, so that it counts as alive."""
    pid = os.fork()
    if not pid:
        os._exit(0)
    os.waitpid(pid, 0)
    assert not may_live(f"{socket.gethostname()}:{pid}")
    assert may_live(process_name())
    assert may_live("elsewhere:1")
