"""stub_is_one_edge: a dependency moves from its host to a stub, and structure says nothing of it.

An edge is named from the caller's side (telemetry rule 7), so that neither the missing server span of the
stub nor its host make another edge of it.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from monitor.drift.verdict import State
from monitor.wire.span import Kind
from tests.acceptance.replaying import Hop, production, replayed, runs_of, structure
from tests.unit.wire.requests import Values

ENTRY = Hop("shop", "POST /orders", attributes={"http.request.method": "POST", "http.route": "/orders"})
CHARGE = Hop("payments", "POST /charge")
POST = {"http.request.method": "POST"}
EDGE = "shop POST /orders -> {}"


def call(name: str, host: str, attributes: Values) -> Hop:
    """What a client sends that goes to `host`."""
    return Hop("shop", name, Kind.CLIENT, {**POST, "server.address": host, **attributes})


def told(
    tmp_path: Path, live: Values, stub: Values, settings: Mapping[str, Any], *, hosts_in_names: bool = False
) -> set[tuple[str, str]]:
    """Structure of a flow that calls a live service in production and a stub of it in the tests."""
    names = ("POST payments.example", "POST stub") if hosts_in_names else ("POST", "POST")
    before = [ENTRY, call(names[0], "payments.example", live), CHARGE]
    after = [ENTRY, call(names[1], "stub", stub)]
    return structure(replayed(tmp_path, production([before]), runs_of([after]), settings))


ALIASES = {"services": {"aliases": {"*-stub": "*"}}}


@pytest.mark.parametrize(
    ("live", "stub", "settings"),
    [
        ({"service.peer.name": "payments"}, {"service.peer.name": "payments"}, {}),
        ({"service.peer.name": "payments"}, {"peer.service": "payments-stub"}, ALIASES),
        ({"url.template": "/charge"}, {"url.template": "/charge"}, {}),
    ],
    ids=["peer", "alias", "template"],
)
def test_stub_is_one_edge(tmp_path: Path, live: Values, stub: Values, settings: Mapping[str, Any]) -> None:
    """With a declared peer, an alias of it, or a template, the call to the stub is the same edge."""
    assert told(tmp_path, live, stub, settings) == {("ok", "")}


def test_a_dependency_that_does_not_move_is_quiet(tmp_path: Path) -> None:
    """The quiet twin: tests that call the live service are ok."""
    flow = [ENTRY, call("POST", "payments.example", {"service.peer.name": "payments"}), CHARGE]
    assert structure(replayed(tmp_path, production([flow]), runs_of([flow]))) == {("ok", "")}


def test_a_stub_under_another_name_is_one_finding(tmp_path: Path) -> None:
    """The control: that another service is asked is a drift of who answers, not of the call."""
    live = [ENTRY, call("POST", "payments.example", {"service.peer.name": "payments"})]
    stub = [ENTRY, call("POST", "stub", {"service.peer.name": "payments-stub"})]
    report = replayed(tmp_path, production([live]), runs_of([stub]))
    drifts = {(line.dimension, line.subject) for line in report.verdicts if line.state is State.DRIFT}
    assert drifts == {("dependency", "shop POST answered")}


def test_a_stub_that_only_a_host_in_names_tells_is_one_finding(tmp_path: Path) -> None:
    """Where only hosts in names of spans tell the call, the stub stands in the place of the call."""
    hosts = told(tmp_path, {}, {}, {}, hosts_in_names=True)
    assert hosts == {("drift", EDGE.format("POST payments.example"))}
