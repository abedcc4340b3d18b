"""Names of devices, tenants and users in destinations and paths: no flood, no page, from wire to report."""

from itertools import product
from pathlib import Path

import pytest

from monitor.drift.report import Report
from monitor.drift.verdict import State
from monitor.wire.span import Kind
from tests.acceptance.replaying import Hop, production, replayed, runs_of
from tests.unit.pipeline.auditing import PAGING
from tests.unit.wire.requests import Values

ROOMS = ("hall", "attic", "porch", "garden", "cellar")
WORDS = ["-".join(pair) for pair in product(ROOMS, ("lamp", "oven", "fan"))]


def sends(system: str, destination: str, entry: str = "POST /commands") -> list[Hop]:
    """A request that sends one message there."""
    request: Values = {"http.request.method": "POST", "http.route": entry.split(" ")[1]}
    sent: Values = {"messaging.system": system, "messaging.destination.name": destination}
    return [Hop("hub", entry, attributes=request), Hop("hub", f"{destination} publish", Kind.PRODUCER, sent)]


def asks(path: str) -> list[Hop]:
    """A request that asks for a path of which nobody states the template."""
    request: Values = {"http.request.method": "POST", "http.route": "/commands"}
    asked: Values = {"http.request.method": "GET", "url.full": f"http://users.test{path}"}
    return [Hop("hub", "POST /commands", attributes=request), Hop("hub", "GET", Kind.CLIENT, asked)]


def takes(system: str, destination: str) -> list[Hop]:
    """What consumes a message from there."""
    taken: Values = {"messaging.system": system, "messaging.destination.name": destination}
    return [Hop("hub", f"{destination} process", Kind.CONSUMER, taken)]


def alarms(report: Report) -> set[str]:
    """What is wrong, in a dimension that pages."""
    wrong = (line for line in report.verdicts if line.state in (State.SUSPECT, State.DRIFT))
    return {line.subject or line.flow for line in wrong if line.dimension in PAGING}


FREE = [
    ("mqtt", "devices/{}/state"),
    ("nats", "devices.{}.state"),
    ("rabbitmq", "{}.alerts"),
    ("kafka", "tenant-{}"),
]


def named(form: str, word: str, system: str) -> str:
    """A destination with this word, which a hyphen would make two of where hyphens separate them."""
    return form.format(word if system in ("mqtt", "nats") else word.replace("-", ""))


@pytest.mark.parametrize(("system", "form"), FREE)
def test_another_word_at_a_free_place_is_no_other_call(tmp_path: Path, system: str, form: str) -> None:
    """Tests have a device of their own, in whatever system, wherever its name stands."""
    live = [sends(system, named(form, word, system)) for word in WORDS]
    tested = sends(system, named(form, "benchlamp", system))
    assert alarms(replayed(tmp_path, production(live), runs_of([tested]))) == set()


def test_another_word_in_a_path_is_no_other_call(tmp_path: Path) -> None:
    """A client that states no template names its requests by what users are called."""
    live = [asks(f"/users/{word}/profile") for word in WORDS]
    assert alarms(replayed(tmp_path, production(live), runs_of([asks("/users/bench/profile")]))) == set()


@pytest.mark.parametrize(
    ("live", "tested"),
    [
        (["devices/hall/state", "devices/attic/state"], "devices/bench/state"),
        ([f"devices/{word}/state" for word in WORDS], "devices/bench/errors"),
        ([f"devices/{word}/state" for word in WORDS], "fixtures"),
        (WORDS, "fixtures"),
    ],
    ids=["few words", "another end", "another form", "nothing is fixed"],
)
def test_another_call_is_reported(tmp_path: Path, live: list[str], tested: str) -> None:
    """The twins: it differs from what production does in more than a word that is free there."""
    report = replayed(
        tmp_path, production([sends("mqtt", each) for each in live]), runs_of([sends("mqtt", tested)])
    )
    assert alarms(report) == {f"hub POST /commands -> send {tested}"}


def test_a_call_that_is_always_made_is_no_chance(tmp_path: Path) -> None:
    """However many others differ from it in one word."""
    always = Hop(
        "hub", "x", Kind.PRODUCER, {"messaging.system": "mqtt", "messaging.destination.name": "a/log"}
    )
    live = [[*sends("mqtt", f"a/{word}"), always] for word in WORDS]
    report = replayed(tmp_path, production(live), runs_of([sends("mqtt", f"a/{WORDS[0]}")]))
    assert alarms(report) == {"hub POST /commands -> send a/log"}


def unbounded(report: Report) -> list[str]:
    """The flows that stand for many."""
    return [hint.subject for hint in report.hints if hint.kind == "unrouted"]


@pytest.mark.parametrize(("system", "form"), FREE)
def test_destinations_with_a_free_word_are_one_flow(tmp_path: Path, system: str, form: str) -> None:
    """Consumers of all devices are one flow, which a test of any device exercises; a hint says what to do."""
    live = [takes(system, named(form, f"{word}-{of}", system)) for word in WORDS for of in "abc"]
    tested = takes(system, named(form, "benchlamp", system))
    report = replayed(tmp_path, production(live), runs_of([tested]))
    assert alarms(report) == set()
    assert unbounded(report) == [f"hub process {form} {{other}}"]
    assert report.coverage.traffic == pytest.approx(1.0)


def test_some_destinations_stay_flows_of_their_own(tmp_path: Path) -> None:
    """The twin: of a dozen topics that differ in one word each is a flow, as they are no names of devices."""
    live = [takes("kafka", f"shop.{word.replace('-', '')}") for word in WORDS]
    report = replayed(tmp_path, production(live), runs_of(live[:1]))
    assert len(report.coverage.missing) == len(WORDS) - 1 and not unbounded(report)
