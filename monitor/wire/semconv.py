"""One vocabulary of attribute names: the newest semantic conventions, whatever the record said.

Where a span carries both generations, the new name wins. Only what naming, outcome and attribution need
is kept: nothing that holds free user values (full URLs, statements, ids, bodies, headers).

| kept as | read from, first that is there |
| --- | --- |
| http.request.method | itself, http.method |
| http.route, url.template | themselves |
| http.response.status_code | itself, http.status_code |
| rpc.system.name | itself, rpc.system |
| rpc.method (`service/method`) | itself; with rpc.service: both, joined by `/` |
| rpc.status_code (`NOT_FOUND`) | itself, rpc.response.status_code, rpc.grpc.status_code (number -> word) |
| messaging.system | itself |
| messaging.destination.name | itself, messaging.destination |
| messaging.destination.template | itself |
| messaging.operation.type | itself, messaging.operation (`publish` -> `send`) |
| db.system.name | itself, db.system (renamed systems -> new names) |
| db.namespace | itself, db.name |
| db.collection.name | itself, db.sql.table, db.mongodb.collection, db.cassandra.table |
| db.operation.name | itself, db.operation |
| db.query.summary, error.type | themselves |
| service.peer.name | itself, peer.service |
| user_agent.synthetic.type | itself, http.user_agent.synthetic.type |
| service.name, .version, .namespace; k8s.namespace.name | themselves |
| telemetry.sdk.name, .language, .version | themselves |
| deployment.environment.name | itself, deployment.environment |
| vcs.ref.head.name, vcs.ref.head.revision | themselves, vcs.repository.ref.name, .revision |
| cicd.pipeline.run.id, cicd.pipeline.name, test.* , pytest.nodeid, tests.* | see `attribution` |

Sources: opentelemetry.io/docs/specs/semconv (attribute registry) and its migration guides for HTTP, RPC,
database and messaging; numbers of gRPC status codes from grpc.io/docs/guides/status-codes.
"""

from collections.abc import Iterable, Mapping

from monitor.wire.names import normalise

ENVIRONMENT = "deployment.environment.name"
SYNTHETIC = "user_agent.synthetic.type"
TEST_MARK = "test.*"
"""Stands for any attribute of that namespace that has no meaning of its own here."""

MAX_ATTRIBUTES = 1_000
"""Attributes of one span that are looked at, in their order; an SDK sends at most 128 by default."""

_SPAN_NAMES: dict[str, tuple[str, ...]] = {
    "http.request.method": ("http.method",),
    "http.route": (),
    "url.template": (),
    "http.response.status_code": ("http.status_code",),
    "rpc.system.name": ("rpc.system",),
    "rpc.method": (),
    "rpc.service": (),
    "rpc.status_code": ("rpc.response.status_code", "rpc.grpc.status_code"),
    "messaging.system": (),
    "messaging.destination.name": ("messaging.destination",),
    "messaging.destination.template": (),
    "messaging.operation.type": ("messaging.operation",),
    "db.system.name": ("db.system",),
    "db.namespace": ("db.name",),
    "db.collection.name": ("db.sql.table", "db.mongodb.collection", "db.cassandra.table"),
    "db.operation.name": ("db.operation",),
    "db.query.summary": (),
    "error.type": (),
    "service.peer.name": ("peer.service",),
    SYNTHETIC: ("http.user_agent.synthetic.type",),
    "vcs.ref.head.name": ("vcs.repository.ref.name",),
    "vcs.ref.head.revision": ("vcs.repository.ref.revision",),
}

_RESOURCE_NAMES: dict[str, tuple[str, ...]] = {
    "service.name": (),
    "service.version": (),
    "service.namespace": (),
    ENVIRONMENT: ("deployment.environment",),
    "k8s.namespace.name": (),
    "telemetry.sdk.name": (),
    "telemetry.sdk.language": (),
    "telemetry.sdk.version": (),
    "vcs.ref.head.name": ("vcs.repository.ref.name",),
    "vcs.ref.head.revision": ("vcs.repository.ref.revision",),
}

SPAN_NAMES = tuple(sorted(_SPAN_NAMES))
"""Names that `Facts.attributes` may hold."""

RESOURCE_NAMES = tuple(sorted(_RESOURCE_NAMES))
"""Names that `Facts.resource` may hold."""

_GRPC_CODES = (
    "OK",
    "CANCELLED",
    "UNKNOWN",
    "INVALID_ARGUMENT",
    "DEADLINE_EXCEEDED",
    "NOT_FOUND",
    "ALREADY_EXISTS",
    "PERMISSION_DENIED",
    "RESOURCE_EXHAUSTED",
    "FAILED_PRECONDITION",
    "ABORTED",
    "OUT_OF_RANGE",
    "UNIMPLEMENTED",
    "INTERNAL",
    "UNAVAILABLE",
    "DATA_LOSS",
    "UNAUTHENTICATED",
)

_RENAMED_VALUES: dict[str, dict[str, str]] = {
    "rpc.grpc.status_code": {str(number): word for number, word in enumerate(_GRPC_CODES)},
    "rpc.system": {"apache_dubbo": "dubbo", "connect_rpc": "connectrpc"},
    "messaging.operation": {"publish": "send", "deliver": "process"},
    "db.system": {
        "adabas": "softwareag.adabas",
        "cosmosdb": "azure.cosmosdb",
        "db2": "ibm.db2",
        "dynamodb": "aws.dynamodb",
        "firebird": "firebirdsql",
        "h2": "h2database",
        "hanadb": "sap.hana",
        "informix": "ibm.informix",
        "ingres": "actian.ingres",
        "maxdb": "sap.maxdb",
        "mssql": "microsoft.sql_server",
        "netezza": "ibm.netezza",
        "oracle": "oracle.db",
        "redshift": "aws.redshift",
        "spanner": "gcp.spanner",
    },
}

Pairs = Iterable[tuple[str, str]]
"""Attributes as a record gave them: (name, value) with the value as text."""


def newest_names() -> dict[str, tuple[str, int]]:
    """Every name that is understood -> (its newest name, age: 0 for the newest itself)."""
    known: dict[str, tuple[str, int]] = {}
    for table in (_SPAN_NAMES, _RESOURCE_NAMES):
        for newest, older in table.items():
            known |= {name: (newest, age) for age, name in enumerate((newest, *older))}
    return known


class Vocabulary:
    """What is kept of attributes: the tables above, and `extra` names that the settings ask for."""

    def __init__(self, extra: Iterable[str] = ()) -> None:
        self.names: Mapping[str, tuple[str, int]] = {name: (name, 0) for name in extra} | newest_names()

    def newest(self, name: str) -> tuple[str, int]:
        """The name under which `name` is kept and its age; ('', 0) where it is not kept."""
        return self.names.get(name) or (TEST_MARK if name.startswith("test.") else "", 0)

    def translate(self, pairs: Pairs) -> dict[str, str]:
        """Return what is kept, by its newest name, sorted.

        Of equal names the first counts, and an empty value is none.
        """
        found: dict[str, tuple[int, str]] = {}
        for name, given in pairs:
            newest, age = self.newest(name)
            value = normalise(_RENAMED_VALUES.get(name, {}).get(given, given))
            if newest and value and age < found.get(newest, (99, ""))[0]:
                found[newest] = (age, value)
        return _join_rpc({name: found[name][1] for name in sorted(found)})


def _join_rpc(found: dict[str, str]) -> dict[str, str]:
    """Make `rpc.method` fully qualified, as it is since conventions 1.39, and drop `rpc.service`."""
    service = found.pop("rpc.service", "")
    method = found.get("rpc.method", "")
    if service and method and "/" not in method:
        found["rpc.method"] = normalise(f"{service}/{method}")
    return found


def text_of(value: object) -> str:
    """A scalar attribute value as text, '' for anything else: 200.0 and 200 are both '200'."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 2**53 else repr(value)
    return str(value) if isinstance(value, str | int) else ""
