"""Laws of naming: one request has one name, whichever generation of conventions wrote its span down."""

from collections.abc import Iterator, Mapping

from hypothesis import given
from hypothesis import strategies as st

from monitor.flows.operation import operation
from monitor.wire.span import Kind
from tests.strategies import addresses
from tests.unit.wire.requests import Values, decode, sent

Written = tuple[str, Values]
"""The name and the attributes of a span."""

methods = st.sampled_from(("GET", "POST", "DELETE"))
words = st.sampled_from(("orders", "carts", "mail", "refunds"))
literals = st.one_of(
    st.integers(10, 10**12).map(str),
    st.uuids().map(str),
    addresses,
    st.binary(min_size=8, max_size=20).map(bytes.hex).filter(lambda digits: not digits.isalpha()),
)
statuses = st.sampled_from((0, 200, 201, 302, 404, 405, 500))


def names(kind: Kind, written: Iterator[Written]) -> set[str]:
    """The operations of spans, over the wire."""
    spans = [
        sent(number, name=name, kind=kind, attributes=given)
        for number, (name, given) in enumerate(written, 1)
    ]
    return {operation(span.facts).name for span in decode(spans)}


def with_answer(given: Values, status: int, old: bool) -> Values:
    """Attributes with the status of the answer; 0 where none came."""
    return (
        {**given, ("http.status_code" if old else "http.response.status_code"): status} if status else given
    )


def http_server(method: str, word: str, literal: str, routed: bool) -> Iterator[Written]:
    """A request to a server in every generation."""
    route = {"http.route": f"/{word}/{{id}}"} if routed else {}
    path = f"/{word}/{literal}"
    yield (
        f"{method} {route.get('http.route', '')}".strip(),
        {"http.request.method": method, "url.path": path, **route},
    )
    yield method, {"http.request.method": method, "url.path": path, "url.query": "a=b", **route}
    yield f"HTTP {method}", {"http.method": method, "http.target": f"{path}?a=b", **route}
    yield f"/{word}", {"http.method": method, "http.url": f"http://shop:80{path}", **route}
    yield method.lower(), {"http.method": method, "http.path": path, **route}
    yield f"{method} {path}", {"http.method": method, **route}


def http_client(method: str, word: str, literal: str, status: int) -> Iterator[Written]:
    """A call in every generation, from two callers that reach the server by different hosts."""
    path = f"/{word}/{literal}"
    for host in ("payments:8080", "payments.example"):
        yield (
            method,
            with_answer({"http.request.method": method, "url.full": f"http://{host}{path}"}, status, False),
        )
        yield (
            f"HTTP {method}",
            with_answer({"http.method": method, "http.url": f"https://{host}{path}?a=b"}, status, True),
        )
        yield method, {"http.method": method, "http.target": path, "net.peer.name": host}
        yield (
            method,
            {"http.request.method": method, "url.template": f"/{word}/{{id}}", "server.address": host},
        )
        yield f"{method} {path}", {}


def rpc(system: tuple[str, str], service: str, method: str) -> Iterator[Written]:
    """A call of a remote procedure in every generation, over HTTP and not."""
    old, new = system
    yield f"{service}/{method}", {"rpc.system.name": new, "rpc.method": f"{service}/{method}"}
    yield f"{service}/{method}", {"rpc.system": old, "rpc.service": service, "rpc.method": method}
    yield f"/{service}/{method}", {"rpc.system": old, "rpc.method": f"/{service}/{method}"}
    yield f"/{service}/{method}", {"rpc.system": old}
    yield (
        "POST",
        {
            "rpc.system": old,
            "rpc.service": service,
            "rpc.method": method,
            "http.method": "POST",
            "http.route": f"/{service}/{method}",
        },
    )


def messaging(kind: Kind, destination: str) -> Iterator[Written]:
    """A message that is sent or processed, in every generation."""
    new, old = ("send", "publish") if kind is Kind.PRODUCER else ("process", "deliver")
    system = {"messaging.system": "kafka"}
    yield (
        f"{new} {destination}",
        {**system, "messaging.operation.type": new, "messaging.destination.name": destination},
    )
    yield f"{destination} {old}", {**system, "messaging.operation": old, "messaging.destination": destination}
    yield f"{destination} {new}", {**system, "messaging.destination": destination}
    yield f"{destination} {new}", system
    yield f"{new} {destination}", system
    yield f"{old} {destination}", system
    yield f"{destination} {old}", {}


def jobs(job: str) -> Iterator[Written]:
    """A job of one queue, by several frameworks and both ways to name its span."""
    queue = {
        "messaging.system": "sidekiq",
        "messaging.destination": "default",
        "messaging.operation": "process",
    }
    yield "default process", {**queue, "messaging.sidekiq.job_class": job}
    yield f"{job} process", {**queue, "messaging.sidekiq.job_class": job}
    yield f"{job} process", queue
    yield "process default", {"messaging.destination.name": "default", "messaging.bullmq.job.name": job}


def sql(verb: str, table: str, literal: str) -> Iterator[Written]:
    """A query in every generation, and by what instrumentations call it."""
    statement = {
        "SELECT": f"SELECT a, b FROM shop.{table} WHERE c = '{literal}'",
        "INSERT": f"INSERT INTO {table} (a) VALUES ('{literal}')",
        "UPDATE": f"UPDATE \"{table}\" SET a = '{literal}'",
        "DELETE": f"DELETE FROM public.{table} WHERE a = '{literal}'",
    }[verb]
    old: Mapping[str, str] = {"db.system": "mssql", "db.name": "shop"}
    new = {"db.system.name": "microsoft.sql_server", "db.namespace": "shop"}
    yield f"{verb} {table}", {**new, "db.operation.name": verb, "db.collection.name": table}
    yield f"{verb} {table}", {**new, "db.query.summary": f"{verb} {table}"}
    yield verb, {**new, "db.query.text": statement}
    yield f"{verb} shop.{table}", {**old, "db.operation": verb, "db.sql.table": table}
    yield verb, {**old, "db.statement": statement}
    yield "shop", {**old, "db.statement": statement}
    yield statement, {**old, "db.statement": "..."}
    yield f"{verb} shop.{table}", old
    yield "query", {"db.type": "mssql", "db.instance": "shop", "db.statement": statement}


@given(methods, words, literals, st.booleans())
def test_one_name_for_a_request_to_a_server(method: str, word: str, literal: str, routed: bool) -> None:
    """With a route the route, without one the templated path."""
    given_path = "{id}" if routed else "{}"
    assert names(Kind.SERVER, http_server(method, word, literal, routed)) == {
        f"{method} /{word}/{given_path}"
    }


@given(methods, words, literals, statuses)
def test_one_name_for_a_call(method: str, word: str, literal: str, status: int) -> None:
    """Neither the host, nor the answer, nor that there is none, names a call."""
    assert names(Kind.CLIENT, http_client(method, word, literal, status)) == {f"{method} /{word}/{{}}"}


@given(
    st.sampled_from((("grpc", "grpc"), ("apache_dubbo", "dubbo"), ("connect_rpc", "connectrpc"))),
    words,
    words,
)
def test_one_name_for_a_remote_procedure(system: tuple[str, str], service: str, method: str) -> None:
    """Whether HTTP carries it or not."""
    for kind in (Kind.CLIENT, Kind.SERVER):
        assert names(kind, rpc(system, f"shop.{service}", method)) == {f"{system[1]} shop.{service}/{method}"}


@given(st.sampled_from((Kind.PRODUCER, Kind.CONSUMER)), words)
def test_one_name_for_a_message(kind: Kind, destination: str) -> None:
    """Whatever the words for sending and processing, and whether attributes say them or the span's name."""
    verb = "send" if kind is Kind.PRODUCER else "process"
    assert names(kind, messaging(kind, destination)) == {f"{verb} {destination}"}


@given(st.sampled_from(("RefundJob", "Mail::Digest", "App\\Jobs\\Sync")))
def test_one_name_for_a_job(job: str) -> None:
    """By queue and class, however the span is called."""
    assert names(Kind.CONSUMER, jobs(job)) == {f"process default {job}"}


@given(st.sampled_from(("SELECT", "INSERT", "UPDATE", "DELETE")), words, literals)
def test_one_name_for_a_query(verb: str, table: str, literal: str) -> None:
    """From attributes, a summary, a statement, or any name of a span."""
    assert names(Kind.CLIENT, sql(verb, table, literal)) == {f"microsoft.sql_server {verb} {table}"}


FREE_PLACES: tuple[tuple[Kind, str, str], ...] = (
    (Kind.SERVER, "http.target", "/a/{}/b?c={}"),
    (Kind.CLIENT, "url.full", "https://{}/a/{}"),
    (Kind.PRODUCER, "messaging.destination", "a.{}"),
    (Kind.CONSUMER, "messaging.destination.name", "reply-{}"),
    (Kind.CLIENT, "db.sql.table", "a_{}"),
    (Kind.CLIENT, "db.statement", "SELECT * FROM a WHERE b = '{}' OR c IN ('{}', '{}')"),
    (Kind.CLIENT, "db.query.summary", "SELECT a_{}"),
    (Kind.CLIENT, "peer.service", "{}"),
    (Kind.CONSUMER, "celery.task_name", "mail {}"),
    (Kind.SERVER, "graphql.operation.name", "Cart {}"),
    (Kind.SERVER, "faas.trigger", "timer {}"),
)


@given(st.sampled_from(FREE_PLACES), literals, st.sampled_from(("run {}", "GET /x/{}", "say '{}' to \"{}\"")))
def test_no_literal_is_ever_in_a_name(place: tuple[Kind, str, str], literal: str, name: str) -> None:
    """Numbers, ids, addresses and what is quoted, wherever a span says them."""
    kind, attribute, form = place
    said = {attribute: form.replace("{}", literal), "http.method": "GET", "db.system": "mysql"}
    (named,) = names(kind, iter([(name.replace("{}", literal), said)]))
    assert literal not in named
