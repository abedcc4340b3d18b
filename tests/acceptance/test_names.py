"""Telemetry as it is: what is named alike and what apart, from the wire to the report.

A system and its tests, each situation with its twin: what must be told, and what must not.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest

from monitor.drift.report import Report
from monitor.wire.span import Kind
from tests.acceptance.replaying import Hop, production, replayed, runs_of, structure
from tests.unit.wire.requests import Values

JOBS = ("ShipParcel", "PrintLabel", "BillCustomer")
OK = {"http.response.status_code": 200}


def untested(report: Report) -> set[str]:
    """The flows that no test exercises."""
    return {missing.flow for missing in report.coverage.missing}


def compared(
    tmp_path: Path,
    live: Sequence[Sequence[Hop]],
    tested: Sequence[Sequence[Hop]],
    settings: Mapping[str, Any] = MappingProxyType({}),
    traces: int = 600,
) -> Report:
    """The report on a production with these flows and tests with those."""
    return replayed(tmp_path, production(live, traces), runs_of(tested), settings)


def job(name: str, kind: str) -> list[Hop]:
    """A job of the queue that all jobs share, as one of the frameworks writes it; it makes a row."""
    queue: Values = {"messaging.destination": "low", "messaging.operation": "process"}
    written: dict[str, tuple[str, Values]] = {
        "by queue": (
            "low process",
            {**queue, "messaging.system": "resque", "messaging.resque.job_class": name},
        ),
        "by class": (
            f"{name} process",
            {**queue, "messaging.system": "que", "messaging.que.job_class": name},
        ),
        "in the name": (f"{name} process", {**queue, "messaging.system": "sidekiq"}),
        "by type": ("low process", {**queue, "messaging.system": "rabbitmq", "messaging.message_type": name}),
    }
    row: Values = {"db.system": "mysql", "db.operation": "INSERT", "db.sql.table": "jobs"}
    return [
        Hop("worker", written[kind][0], Kind.CONSUMER, written[kind][1]),
        Hop("worker", "x", Kind.CLIENT, row),
    ]


@pytest.mark.parametrize("kind", ["by queue", "by class", "in the name", "by type"])
def test_jobs_of_one_queue_are_flows_of_their_own(tmp_path: Path, kind: str) -> None:
    """Two of three classes that no test runs are two thirds of the traffic, whoever says the class."""
    report = compared(tmp_path, [job(name, kind) for name in JOBS], [job(JOBS[0], kind)])
    assert untested(report) == {f"worker process low {name}" for name in JOBS[1:]}
    assert report.coverage.traffic == pytest.approx(1 / 3, abs=0.01)


def asked(name: str, inside: bool) -> list[Hop]:
    """A GraphQL operation, said by the span of the request or by one of the library below it."""
    said: Values = {"graphql.operation.type": "mutation", "graphql.operation.name": name}
    request: Values = {"http.request.method": "POST", "http.route": "/api", **OK}
    if inside:
        return [Hop("graph", "POST /api", attributes={**request, **said})]
    return [Hop("graph", "POST /api", attributes=request), Hop("graph", name, Kind.INTERNAL, said)]


@pytest.mark.parametrize("inside", [True, False])
def test_graphql_operations_are_flows_of_their_own(tmp_path: Path, inside: bool) -> None:
    """All of them are one route; which one it is stands on the span or on one below it."""
    report = compared(tmp_path, [asked(name, inside) for name in JOBS], [asked(JOBS[0], inside)])
    assert untested(report) == {f"graph POST /api mutation {name}" for name in JOBS[1:]}


def shipping(generation: str) -> list[Hop]:
    """An entry and the call that it makes, by older or newer conventions."""
    if generation == "old":
        entry: Values = {"http.method": "PUT", "http.route": "/parcels", "http.status_code": 200}
        call: Values = {
            "http.method": "PUT",
            "http.url": "http://carrier:81/labels/17",
            "http.status_code": 200,
        }
        return [Hop("shop", "/parcels", attributes=entry), Hop("shop", "HTTP PUT", Kind.CLIENT, call)]
    entry = {"http.request.method": "PUT", "http.route": "/parcels", **OK}
    call = {"http.request.method": "PUT", "url.full": "http://carrier.test/labels/4?a=b", **OK}
    return [Hop("shop", "PUT /parcels", attributes=entry), Hop("shop", "PUT", Kind.CLIENT, call)]


def test_an_upgrade_of_conventions_is_no_drift(tmp_path: Path) -> None:
    """Production by the older ones, the tests by the newer; that the call is gone is told all the same."""
    assert structure(compared(tmp_path, [shipping("old")], [shipping("new")])) == {("ok", "")}
    gone = compared(tmp_path, [shipping("old")], [shipping("new")[:1]], traces=1500)
    assert structure(gone) == {("drift", "shop PUT /parcels -> PUT /labels/{}")}


def probe(route: str, agent: str = "", method: str = "GET", status: int = 200) -> list[Hop]:
    """A request of no use."""
    said: Values = {"http.request.method": method, "http.route": route, "http.response.status_code": status}
    return [Hop("shop", "probe", attributes={**said, **({"user_agent.original": agent} if agent else {})})]


PROBES = [
    probe("/livez"),
    probe("/api/v1/ping"),
    probe("/q/metrics"),
    probe("/parcels", "kube-probe/1.31"),
    probe("/parcels", "Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)"),
    probe("/parcels", method="OPTIONS", status=204),
    probe("/favicon.ico"),
]


def test_probes_are_no_traffic(tmp_path: Path) -> None:
    """Seven kinds of requests that nobody tests lower no coverage, unless a person says that they count."""
    flows = [*PROBES, shipping("new")]
    assert compared(tmp_path, flows, [shipping("new")]).coverage.traffic == 1
    settings = {"flows": {"ignore": {"keep": ["shop GET /api/v1/ping"]}}}
    assert untested(compared(tmp_path, flows, [shipping("new")], settings)) == {"shop GET /api/v1/ping"}
    no_kinds = compared(tmp_path, flows, [shipping("new")], {"flows": {"ignore": {"kinds": []}}})
    assert len(untested(no_kinds)) == 6  # the two that crawl and probe /parcels are one


def scan(number: int) -> list[Hop]:
    """A request of a scanner that no route takes."""
    path = f"/{'abcdefghij'[number % 10]}in/{'klmnopqrst'[number // 10 % 10]}x{'uvwxyz'[number % 6]}.php"
    said: Values = {"http.method": "GET", "http.target": path, "http.status_code": 404}
    return [Hop("shop", f"GET {path}", attributes=said)]


def test_a_scanner_makes_no_flows(tmp_path: Path) -> None:
    """Hundreds of paths that the server does not have are neither flows nor traffic that tests leave out."""
    flows = [*map(scan, range(300)), *[shipping("new")] * 300]
    report = compared(tmp_path, flows, [shipping("new")])
    assert (untested(report), report.coverage.traffic) == (set(), 1)


def profile(name: str) -> list[Hop]:
    """A request whose path holds a person's name, of a server without routes."""
    return [Hop("shop", "GET", attributes={"http.method": "GET", "http.target": f"/people/{name}/parcels"})]


def test_a_pattern_names_paths_with_free_words(tmp_path: Path) -> None:
    """What no fixed rule can know, a person says once."""
    live, tested = [profile("ada"), profile("grace")], [profile("linus")]
    settings = {"flows": {"templates": ["/people/{name}/parcels"]}}
    report = compared(tmp_path, live, tested, settings)
    assert (untested(report), report.coverage.traffic) == (set(), 1)
    assert len(untested(compared(tmp_path, live, tested))) == 2


def looked_up(name: str, numbers: str) -> list[Hop]:
    """A query whose whole text is the name of its span."""
    entry: Values = {"http.request.method": "GET", "http.route": "/parcels", **OK}
    text = f"SELECT * FROM parcels WHERE receiver = '{name}' AND box IN ({numbers})"
    call = Hop("shop", text, Kind.CLIENT, {"db.system": "mariadb", "db.statement": text})
    return [Hop("shop", "GET /parcels", attributes=entry), call]


def test_literals_in_names_are_neither_shown_nor_differences(tmp_path: Path) -> None:
    """Whoever is looked up, it is one call; a query that the tests never make is told by verb and table."""
    live = [looked_up("Erika Mustermann", "1, 2"), looked_up("Max Mustermann", "3")]
    report = compared(tmp_path, live, [looked_up("Test Person", "7, 8, 9")], traces=1500)
    assert structure(report) == {("ok", "")}
    assert not any(word in str(report.plain()) for word in ("Mustermann", "Person", "receiver"))
    gone = compared(tmp_path, live, [looked_up("Test Person", "7")[:1]], traces=1500)
    assert structure(gone) == {("drift", "shop GET /parcels -> mariadb SELECT parcels")}


def reply(queue: str, marked: bool) -> list[Hop]:
    """A request that is answered over a queue made for the one answer."""
    said: Values = {"messaging.system": "rabbitmq", "messaging.destination.name": queue}
    if marked:
        said = {**said, "messaging.destination.temporary": True}
    entry: Values = {"http.request.method": "POST", "http.route": "/quotes", **OK}
    return [Hop("shop", "POST /quotes", attributes=entry), Hop("shop", "x", Kind.PRODUCER, said)]


@pytest.mark.parametrize("marked", [True, False])
def test_temporary_queues_are_one_destination(tmp_path: Path, marked: bool) -> None:
    """By the attribute, or by the names that the broker gives."""
    names = ["q-a", "q-b"] if marked else ["amq.gen-aaBBccDD", "reply-3f2504e0-4f89-11d3-9a0c-0305e82c3301"]
    report = compared(tmp_path, [reply(names[0], marked)], [reply(names[1], marked)], traces=1500)
    assert structure(report) == {("ok", "")}


def written(environment: str) -> list[Hop]:
    """A message and a row in places that are named after the environment."""
    entry: Values = {"http.request.method": "POST", "http.route": "/parcels", **OK}
    message: Values = {"messaging.system": "kafka", "messaging.destination.name": f"{environment}.parcels"}
    row: Values = {"db.system": "mysql", "db.statement": f"INSERT INTO shop_{environment}.parcels VALUES (1)"}
    return [
        Hop("shop", "POST /parcels", attributes=entry),
        Hop("shop", "x", Kind.PRODUCER, message),
        Hop("shop", "y", Kind.CLIENT, row),
    ]


def test_places_named_after_an_environment_are_one_by_an_alias(tmp_path: Path) -> None:
    """The aliases of services hold for topics and databases; without them both names are reported."""
    settings = {"services": {"aliases": {"live.*": "*", "ci.*": "*", "*_live": "*", "*_ci": "*"}}}
    report = compared(tmp_path, [written("live")], [written("ci")], settings, traces=1500)
    assert structure(report) == {("ok", "")}
    without = structure(compared(tmp_path, [written("live")], [written("ci")], traces=1500))
    assert ("drift", "shop POST /parcels -> send live.parcels") in without
