"""Older semantic conventions: other names of attributes, other values, other names of spans.

Sources: the migration guides of opentelemetry.io/docs/specs/semconv for HTTP (1.23), RPC (1.39), database
(1.33) and messaging (1.17 to 1.27).
"""

from collections.abc import Callable, Mapping
from functools import partial
from random import Random

from monitor.wire.span import Kind
from tests.metamorphic.systems.model import Gateway, GraphQl, Http, Rpc, Topic
from tests.metamorphic.telemetry.spans import Attributes, Span, renamed
from tests.metamorphic.transformations.transformation import Transformation, each_span, each_span_of, has

HTTP = {
    "http.request.method": "http.method",
    "http.response.status_code": "http.status_code",
    "url.full": "http.url",
    "url.path": "http.target",
    "url.scheme": "http.scheme",
    "user_agent.original": "http.user_agent",
}
PEER = {"server.address": "net.peer.name", "server.port": "net.peer.port"}
HOST = {"server.address": "net.host.name", "server.port": "net.host.port"}
GRPC_NUMBERS = {"OK": 0, "INTERNAL": 13}
DATABASE = {
    "db.system.name": "db.system",
    "db.namespace": "db.name",
    "db.operation.name": "db.operation",
    **PEER,
}
OLD_SYSTEMS = {"microsoft.sql_server": "mssql"}
MESSAGING = {
    "messaging.destination.name": "messaging.destination",
    "messaging.operation.type": "messaging.operation",
    "messaging.operation.name": "",
}
MESSAGING_1_21 = {"messaging.operation.type": "messaging.operation", "messaging.operation.name": ""}
"""Between the two: the destination was renamed already, the operation not yet."""
STATEMENTS = {
    "SELECT": "SELECT id, note FROM {table} WHERE owner = 'Niemand' AND id IN ({ids})",
    "INSERT": "INSERT INTO {table} (id, note) VALUES ({ids}, 'ein Wort')",
    "UPDATE": "UPDATE {table} SET note = 'ein Wort' WHERE id = {ids}",
}


def http(span: Span) -> Span:
    """A span of HTTP as before 1.23."""
    if "http.request.method" not in span.attributes:
        return span
    method, route = span.attributes["http.request.method"], span.attributes.get("http.route")
    server = span.kind is Kind.SERVER
    name = str(route) if server and route else f"HTTP {method}"
    return span._replace(name=name, attributes=renamed(span.attributes, HTTP | (HOST if server else PEER)))


def rpc(span: Span) -> Span:
    """A span of gRPC as before 1.39: service and method apart, and the status as a number."""
    if "rpc.system.name" not in span.attributes:
        return span
    service, _, method = str(span.attributes["rpc.method"]).partition("/")
    code = GRPC_NUMBERS[str(span.attributes.get("rpc.response.status_code", "OK"))]
    kept = renamed(span.attributes, {"rpc.system.name": "rpc.system", "rpc.response.status_code": "", **PEER})
    older: Attributes = {"rpc.service": service, "rpc.method": method, "rpc.grpc.status_code": code}
    return span._replace(attributes={**kept, **older})


def database(span: Span) -> Span:
    """A database span as before 1.33: `SELECT main.orders`, with the statement beside."""
    verb, table = span.attributes.get("db.operation.name"), span.attributes.get("db.collection.name")
    if not (verb and table):
        return span
    system = str(span.attributes["db.system.name"])
    collection = "db.mongodb.collection" if system == "mongodb" else "db.sql.table"
    kept = renamed(span.attributes, {**DATABASE, "db.collection.name": collection})
    kept["db.system"] = OLD_SYSTEMS.get(system, system)
    return span._replace(name=f"{verb} {span.attributes['db.namespace']}.{table}", attributes=kept)


def messaging(rng: Random) -> Callable[[Span], Span]:
    """A side follows one of the older conventions."""
    return partial(_messaging, rng.choice((MESSAGING, MESSAGING_1_21)))


def _messaging(names: Mapping[str, str], span: Span) -> Span:
    """A span of a topic with the destination first: `orders publish`, `orders process`."""
    if "messaging.operation.type" not in span.attributes:
        return span
    operation = str(span.attributes["messaging.operation.type"]).replace("send", "publish")
    destination = span.attributes["messaging.destination.name"]
    kept = renamed(span.attributes, names)
    kept["messaging.operation"] = operation
    return span._replace(name=f"{destination} {operation}", attributes=kept)


def _as_statement(rng: Random, span: Span) -> Span:
    """A database span that only has its statement, literals and all, which names it as well."""
    template = STATEMENTS.get(str(span.attributes.get("db.operation.name")))
    if template is None:
        return span
    ids = ", ".join(str(rng.randrange(100_000)) for _ in range(rng.randint(1, 4)))
    statement = template.format(table=span.attributes["db.collection.name"], ids=ids)
    system = str(span.attributes["db.system.name"])
    attributes = {"db.system": OLD_SYSTEMS.get(system, system), "db.statement": statement}
    return span._replace(name=statement, attributes=attributes)


ALL = (
    Transformation(
        "old http",
        "HTTP spans follow the conventions before 1.23.",
        each_span(http),
        needs=has(Http, Gateway, GraphQl),
    ),
    Transformation(
        "old rpc", "gRPC spans follow the conventions before 1.39.", each_span(rpc), needs=has(Rpc)
    ),
    Transformation("old database", "Database spans follow the conventions before 1.33.", each_span(database)),
    Transformation(
        "old messaging",
        "Messaging spans follow the conventions before 1.27.",
        each_span_of(messaging),
        needs=has(Topic),
    ),
    Transformation(
        "statements as names",
        "Database spans are named by their whole statement, and say nothing else.",
        each_span_of(lambda rng: lambda span: _as_statement(rng, span)),
    ),
)
