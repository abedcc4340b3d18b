"""Proxies between services, and requests that two libraries instrument: on one side only, no difference."""

from collections.abc import Callable
from pathlib import Path

import pytest

from monitor.wire.span import Kind
from tests.acceptance.replaying import replayed
from tests.acceptance.trees import (
    Step,
    call,
    changed,
    drifts,
    is_quiet,
    production,
    query,
    runs,
    server,
    untested,
)


def parcels(number: int) -> Step:
    """A parcel is booked: a quote from the carriers' service, and a row."""
    quote = server("carriers", "POST /quotes/{zone}", query("carriers", "SELECT", "tariffs"), ms=9)
    book = call("parcels", "POST /quotes/{zone}", quote, at=4)
    return server("parcels", "POST /parcels", query("parcels", "INSERT", "parcels"), book, ms=40)


Around = Callable[[Step], Step]


def _proxy(step: Step, kind: Kind, service: str, name: str, scope: str = "", **attributes: str) -> Step:
    said = {each.replace("__", "."): value for each, value in attributes.items()}
    step_ms = step.ms + 1
    below = (step._replace(at=0.5),)
    return Step(service, kind, name, said, below, at=step.at, ms=step_ms, scope=scope)


def _istio(step: Step, kind: Kind) -> Step:
    name = f"{step.service}.prod.svc.cluster.local:8080/*"
    return _proxy(step, kind, f"{step.service}.prod", name, component="proxy", istio__mesh_id="cluster.local")


def istio(step: Step) -> Step:
    """The sidecar of the caller, then that of the service."""
    return _istio(_istio(step, Kind.SERVER), Kind.CLIENT)


def linkerd(step: Step) -> Step:
    """Each of two proxies makes two spans."""
    for direction in ("inbound", "outbound"):
        for kind in (Kind.CLIENT, Kind.SERVER):
            step = _proxy(step, kind, "linkerd-proxy", "/", direction=direction)
    return step


def envoy(step: Step) -> Step:
    """One proxy on the host, with OpenTelemetry's own names."""
    return _proxy(step, Kind.SERVER, "edge", "ingress", component="proxy", http__request__method="POST")


def nginx(step: Step) -> Step:
    """An ingress controller."""
    return _proxy(step, Kind.SERVER, "ingress", "location /", "nginx", http__method="POST", http__target="/")


def meshed(around: Around) -> Callable[[int], Step]:
    """Every service of the system behind a proxy."""

    def made(number: int) -> Step:
        return changed(parcels(number), lambda step: around(step) if step.kind is Kind.SERVER else step)

    return made


@pytest.mark.parametrize("around", [istio, linkerd, envoy, nginx])
def test_a_mesh_on_one_side_is_transparent(tmp_path: Path, around: Around) -> None:
    """Whichever proxies production, or the tests, go through: the flows are those of the services."""
    assert is_quiet(replayed(tmp_path, production(meshed(around)), runs(parcels)))
    assert is_quiet(replayed(tmp_path, production(parcels), runs(meshed(around))))


def test_behind_a_mesh_a_call_that_vanished_is_still_reported(tmp_path: Path) -> None:
    """Proxies hide nothing."""
    report = replayed(
        tmp_path, production(meshed(istio)), runs(lambda n: parcels(n)._replace(below=parcels(n).below[:1]))
    )
    assert drifts(report, "POST /quotes/{}")


def test_a_mesh_alone_tells_of_its_services(tmp_path: Path) -> None:
    """Where no service has telemetry, the proxies are compared with each other."""

    def only_proxies(number: int) -> Step:
        return changed(meshed(istio)(number), lambda step: step._replace(dropped="prod" not in step.service))

    def proxies_below_each_other(number: int) -> Step:
        two = _istio(server("carriers", "GET /x")._replace(dropped=True), Kind.SERVER)
        return _istio(two, Kind.SERVER)._replace(service="parcels.prod")

    assert replayed(tmp_path, production(only_proxies), runs(parcels)).coverage.traffic == 0.0
    assert is_quiet(replayed(tmp_path, production(proxies_below_each_other), runs(proxies_below_each_other)))


def framework(step: Step) -> Step:
    """A second library makes a server's span around the first one's, named otherwise."""
    name = step.name.lower().replace(" ", " http ", 1)
    return step._replace(name=name, below=(step._replace(at=0.1),), ms=step.ms + 0.2)


def transport(step: Step) -> Step:
    """The transport below a client makes a span of its own, which knows no template."""
    inner = step._replace(name="POST", attributes={"http.request.method": "POST"}, at=0.1)
    return step._replace(below=(inner,))


def mapper(step: Step) -> Step:
    """A mapper's span around a driver's."""
    said = {name: step.attributes[name] for name in ("db.system.name", "db.operation.name")}
    return step._replace(name="Parcel.create", attributes=said, below=(step._replace(at=0.1),))


def doubled(kind: str, twice: Around) -> Callable[[int], Step]:
    """Every span of a kind is instrumented twice."""

    def change(step: Step) -> Step:
        is_query = "db.system.name" in step.attributes
        kinds = {Kind.SERVER: "servers", Kind.CLIENT: "queries" if is_query else "calls"}
        return twice(step) if kinds[step.kind] == kind else step

    return lambda number: changed(parcels(number), change)


@pytest.mark.parametrize(
    ("kind", "twice"), [("servers", framework), ("calls", transport), ("queries", mapper)]
)
def test_two_instrumentations_of_one_request_are_one(tmp_path: Path, kind: str, twice: Around) -> None:
    """On one side only, in either direction."""
    assert is_quiet(replayed(tmp_path, production(doubled(kind, twice)), runs(parcels)))
    assert is_quiet(replayed(tmp_path, production(parcels), runs(doubled(kind, twice))))


def gateway(backend: Step, path: str = "", after: tuple[Step, ...] = ()) -> Step:
    """A gateway that asks whether the user may, then passes the request on, then does `after`."""
    method = backend.name.split(" ", 1)[0]
    attributes = {"http.request.method": method, **({"url.path": path} if path else {})}
    check = call("edge", "POST /allowed", server("policy", "POST /allowed"), at=1, ms=4)
    passed = call("edge", method, backend._replace(at=1), at=8)
    return Step("edge", Kind.SERVER, method, attributes, (check, passed, *after), ms=60)


BACKENDS = (
    server("fleet", "GET /vans/{id}", query("fleet", "SELECT", "vans")),
    server("fleet", "PUT /vans/{id}", query("fleet", "UPDATE", "vans")),
    server("depots", "GET /depots", query("depots", "SELECT", "depots")),
)


def test_a_gateway_is_named_by_what_answers_not_by_what_it_asks_first(tmp_path: Path) -> None:
    """Two of the three requests behind it are untested."""
    report = replayed(
        tmp_path, production(lambda n: gateway(BACKENDS[n % 3])), runs(lambda n: gateway(BACKENDS[0]))
    )
    assert untested(report) == {"fleet PUT /vans/{id}": 0.33, "depots GET /depots": 0.33}


def test_what_a_gateway_asks_besides_can_be_named(tmp_path: Path) -> None:
    """Where it asks somebody last, `flows.aside` says that this never names a flow."""
    audit = call("edge", "POST /entries", server("audit", "POST /entries"), at=40)

    def made(n: int) -> Step:
        return gateway(BACKENDS[n % 3], after=(audit,))

    tests = list(runs(lambda n: gateway(BACKENDS[0], after=(audit,))))
    assert untested(replayed(tmp_path, production(made), tests)) == {}
    aside = {"flows": {"aside": ["audit *"]}}
    assert set(untested(replayed(tmp_path, production(made), tests, aside))) == {
        "fleet PUT /vans/{id}",
        "depots GET /depots",
    }
