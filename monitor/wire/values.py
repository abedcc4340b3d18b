"""Values of attributes: those that were renamed, and those that are reduced as they hold what users sent.

| attribute | what is kept of its value |
| --- | --- |
| url.path, http.target, url.full, http.url, http.path | the path, templated: `url_path` |
| db.query.text, db.statement, sql.query, cassandra.query | verb and first table: `statement` |
| user_agent.original, http.user_agent | the class of the agent: `user_agent` |
| server.address and its older names | the service in it, where it is, and its stub: `address` |
| graphql.document, graphql.source, gql.request.query | kind and name of its operation: `graphql` |
| names of destinations | without broker, account and project; made up: `{temporary}` (`destination`) |
| names of message types | the first one, without its assembly |
| rpc.method, rpc.service | without literals: `free_text` |
| methods, states, types of errors, systems, verbs | one of a few: `codes` |
| operations of databases and of GraphQL | the words or the name that say it: `codes` |
| feature_flag.key, .variant, .result.variant, .result.value | one short word; a boolean: `flags` |
| dd.span.Resource | verb and first table of a statement; any other as a name of a span |
| any other | itself, at most 200 characters |

The reduction is a function of the value alone, made when it is decoded: nothing else of it is stored.
"""

from collections.abc import Callable, Iterable, Mapping

from monitor.wire import flags
from monitor.wire.address import reduced
from monitor.wire.carried import CARRIED, DOCUMENTS
from monitor.wire.codes import (
    GRPC_CODES,
    database_operation,
    error_type,
    graphql_name,
    method,
    rpc_status,
    status,
    word,
)
from monitor.wire.destination import bare_destination
from monitor.wire.free_text import template, without_secrets
from monitor.wire.graphql import operation_of
from monitor.wire.names import READ_LIMIT
from monitor.wire.statement import is_sql, verb_and_table
from monitor.wire.url_path import templated_path
from monitor.wire.user_agent import classifier

PATHS = ("url.path", "http.target", "url.full", "http.url", "http.path")
"""Attributes that hold the path of a request; the last is Zipkin's (Brave)."""

STATEMENTS = ("db.query.text", "db.statement", "sql.query", "cassandra.query")
"""Attributes that hold a statement; the last two are Brave's and cassandra-zipkin's."""

AGENTS = ("user_agent.original", "http.user_agent")

ADDRESS = "server.address"
ADDRESSES = (ADDRESS, "net.peer.name", "http.host", "peer.hostname", "out.host")
"""Whom a caller asks; the last two are OpenTracing's and Datadog's."""
PEER = "server.address.place"
"""Where that is, or which stub it is: an attribute of our own, made of what is asked."""

RESOURCE = "dd.span.Resource"
"""What Datadog's tracers say of a request, statement or job, as the name of a span does elsewhere."""

_DESTINATIONS = (
    "messaging.destination.name",
    "messaging.destination",
    "messaging.destination.template",
    "message_bus.destination",
)
_TYPES = ("messaging.masstransit.message_types", "nservicebus.enclosed_message_types")

_SYSTEMS = {
    "adabas": "softwareag.adabas",
    "cache": "intersystems_cache",
    "cloudscape": "other_sql",
    "cosmosdb": "azure.cosmosdb",
    "db2": "ibm.db2",
    "dynamodb": "aws.dynamodb",
    "firebird": "firebirdsql",
    "firstsql": "other_sql",
    "h2": "h2database",
    "hanadb": "sap.hana",
    "informix": "ibm.informix",
    "ingres": "actian.ingres",
    "maxdb": "sap.maxdb",
    "mongo": "mongodb",
    "mssql": "microsoft.sql_server",
    "mssqlcompact": "other_sql",
    "netezza": "ibm.netezza",
    "oracle": "oracle.db",
    "postgres": "postgresql",
    "redshift": "aws.redshift",
    "spanner": "gcp.spanner",
    "sql": "other_sql",
}
_DONE = {
    "publish": "send",
    "enqueue": "send",
    "apply_async": "send",
    "deliver": "process",
    "consume": "process",
    "run": "process",
    "execute": "process",
    "perform": "process",
    "poll": "receive",
}
"""What producers and consumers do, in the words of older conventions, of brokers and of job systems."""

_ASKED = {
    "Query": "query",
    "QUERY": "query",
    "Mutation": "mutation",
    "MUTATION": "mutation",
    "Subscription": "subscription",
    "SUBSCRIPTION": "subscription",
}
"""What GraphQL asks for, as Hot Chocolate and SmallRye write it."""

RENAMED: Mapping[str, Mapping[str, str]] = {
    "graphql.operation.type": _ASKED,
    "graphql.operation.kind": _ASKED,
    "graphql.operationType": _ASKED,
    "rpc.grpc.status_code": {str(number): word for number, word in enumerate(GRPC_CODES)},
    "rpc.system": {"apache_dubbo": "dubbo", "connect_rpc": "connectrpc", "dotnet_wcf": "wcf"},
    "messaging.operation": _DONE,
    "messaging.operation.name": _DONE,
    "messaging.operation.type": _DONE,
    "celery.action": _DONE,
    "taskiq.action": _DONE,
    "remoulade.action": _DONE,
    "db.system": _SYSTEMS,
    "db.type": _SYSTEMS,
}
"""Attribute -> its values that have newer names."""

Reduce = Callable[[str], str]

_ACTIONS = tuple(name for name, words in RENAMED.items() if words is _DONE)
_KINDS = ("graphql.operation.type", *CARRIED["graphql.operation.type"])
_OPERATIONS = ("graphql.operation.name", *CARRIED["graphql.operation.name"])
_CODES: Mapping[str, Reduce] = {
    **dict.fromkeys(("http.request.method", "http.method"), method),
    **dict.fromkeys(("http.response.status_code", "http.status_code"), status),
    **dict.fromkeys(("rpc.status_code", "rpc.response.status_code", "rpc.grpc.status_code"), rpc_status),
    **dict.fromkeys(("db.operation.name", "db.operation"), database_operation),
    **dict.fromkeys(_OPERATIONS, graphql_name),
    **dict.fromkeys(("rpc.system.name", "rpc.system", "messaging.system", *_KINDS, *_ACTIONS), word),
    **dict.fromkeys(("db.system.name", "db.system", "db.type", "faas.trigger", "mcp.method.name"), word),
    "error.type": error_type,
}
"""Attribute -> what keeps one of a few values."""


def reducers(probes: Iterable[str] = ()) -> dict[str, Reduce]:
    """Attribute -> what reduces its value; `probes`: globs on further user agents that are probes."""
    return {
        **dict.fromkeys(PATHS, templated_path),
        **dict.fromkeys(STATEMENTS, verb_and_table),
        **dict.fromkeys(DOCUMENTS, operation_of),
        **dict.fromkeys(ADDRESSES, reduced),
        **dict.fromkeys(AGENTS, classifier(probes)),
        **dict.fromkeys(_DESTINATIONS, bare_destination),
        **dict.fromkeys(_TYPES, first_type),
        **dict.fromkeys(("rpc.method", "rpc.service"), template),
        **_CODES,
        RESOURCE: _without_literals,
        flags.FLAGS: flags.reduced,
        flags.VALUE: flags.boolean,
        **dict.fromkeys((flags.KEY, *flags.VARIANTS), flags.word),
    }


def shortened(text: str) -> str:
    """A value that is kept as it is."""
    return text[:READ_LIMIT]


def _without_literals(resource: str) -> str:
    """What Datadog calls a resource: a statement becomes its verb and table."""
    return (verb_and_table(resource) if is_sql(resource.lstrip()) else "") or resource[:READ_LIMIT]


def first_type(types: str) -> str:
    """The first of several message types: `Shop.OrderPlaced, Shop, Version=1.0;...` -> `Shop.OrderPlaced`.

    MassTransit writes them as `urn:message:Shop:OrderPlaced`, NServiceBus with the assembly of each.
    """
    first = types.split(";", 1)[0].split(",", 1)[0].strip()
    return without_secrets(first.removeprefix("urn:message:")).replace(":", ".")[:READ_LIMIT]


def text_of(value: object) -> str:
    """A scalar attribute value as text, '' for anything else: 200.0 and 200 are both '200'."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 2**53 else repr(value)
    return str(value) if isinstance(value, str | int) else ""
