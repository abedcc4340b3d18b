"""One vocabulary of attribute names: the newest semantic conventions, whatever the record said.

Where a span carries both generations, the new name wins. Only what naming, outcome and attribution need
is kept; a value that a user sent (a path, a statement, a user agent) is kept in its reduced form only, as
`values` has it.

| kept as | read from, first that is there |
| --- | --- |
| http.request.method | itself, http.method |
| http.route, url.template | themselves |
| url.path (templated), where neither says anything | itself, http.target, url.full, http.url, http.path |
| http.response.status_code | itself, http.status_code |
| rpc.system.name | itself, rpc.system |
| rpc.method (`service/method`) | itself; with rpc.service: both, joined by `/`; the name of an RPC's span |
| rpc.status_code (`NOT_FOUND`) | itself, rpc.response.status_code, rpc.grpc.status_code (number -> word) |
| messaging.system | itself |
| messaging.destination.name | itself, messaging.destination, and others of `_SPAN_NAMES` |
| messaging.destination.template, .temporary, .anonymous | themselves; messaging.temp_destination |
| messaging.operation.type (`publish` -> `send`) | itself, messaging.operation, and others of `_SPAN_NAMES` |
| db.system.name | itself, db.system, db.type (renamed systems -> new names) |
| db.namespace | itself, db.name, db.instance |
| db.collection.name | itself, db.sql.table, db.mongodb.collection, and others of `_SPAN_NAMES` |
| db.operation.name | itself, db.operation |
| db.query.summary | itself; a statement's verb and table, where operation and collection do not say them |
| error.type | itself |
| service.peer.name | itself, peer.service |
| server.address (the service in it), of a caller that names no peer | itself, and others of `values` |
| server.address.place (where it is, or the stub that it is), of a caller | the same, service.peer.name |
| user_agent.synthetic.type | itself, http.user_agent.synthetic.type; the class of the user agent |
| deployment.environment.name | itself, deployment.environment |
| what a resource says of its service | `resources` |
| the span's name | dd.span.Resource, else itself |
| vcs.ref.head.name, vcs.ref.head.revision | themselves, vcs.repository.ref.name, .revision |
| feature_flag.evaluations (`new-checkout=on`) | what is said of feature flags: `flags` |
| what a carrier carries (job, message type, GraphQL operation, ...) | `carried` |
| that headers, certificates and who asks are recorded, and the scheme | `credentials` |
| payload.size, only that one is there | sizes of bodies and messages: `presence` |
| cicd.pipeline.run.id, cicd.pipeline.name, test.* , pytest.nodeid, tests.* | see `attribution` |

Sources: opentelemetry.io/docs/specs/semconv (attribute registry) and its migration guides for HTTP, RPC,
database and messaging; for db.type, db.instance and message_bus.destination opentracing.io's conventions; for
the tags of Kafka, JMS and RabbitMQ openzipkin/brave; numbers of gRPC status codes from
grpc.io/docs/guides/status-codes; for dd.span.Resource the Collector's receiver for Datadog, which names spans
by what Datadog calls their operation (`express.request`).
"""

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache

from monitor.wire.carried import CARRIED, carried_as
from monitor.wire.credentials import AUTHORIZATION, CREDENTIALS, PRESENT, credential_as, mechanism
from monitor.wire.flags import FLAGS, KEY, VALUE, VARIANTS
from monitor.wire.names import normalise
from monitor.wire.open_route import is_open
from monitor.wire.presence import PRESENCE, SIZE, SIZES
from monitor.wire.resources import RESOURCES
from monitor.wire.values import (
    ADDRESS,
    ADDRESSES,
    AGENTS,
    PATHS,
    PEER,
    RENAMED,
    RESOURCE,
    STATEMENTS,
    Reduce,
    reducers,
    shortened,
)

ENVIRONMENT = "deployment.environment.name"
SYNTHETIC = "user_agent.synthetic.type"
TEST_MARK = "test.*"
"""Stands for any attribute of that namespace that has no meaning of its own here."""

_REMEMBERED = 4_096
"""Values that are remembered with what is kept of them: most come again with every span."""

MAX_ATTRIBUTES = 1_000
"""Attributes of one span that are looked at, in their order; an SDK sends at most 128 by default."""

FREE = frozenset((*PATHS, *STATEMENTS))
"""Attributes with a new value in nearly every span, of which few spans need one: see `needs_free`."""

_PATH, _SUMMARY = "url.path", "db.query.summary"
_METHOD = re.compile(r"/?([\w.]+/\w+)")
_BY_FORM_AGE = 50
"""What the form of a name alone shows gives way to everything that a table has."""

_SPAN_NAMES: dict[str, tuple[str, ...]] = {
    "http.request.method": ("http.method",),
    "http.route": (),
    "url.template": (),
    _PATH: PATHS[1:],
    "http.response.status_code": ("http.status_code",),
    "rpc.system.name": ("rpc.system",),
    "rpc.method": (),
    "rpc.service": (),
    "rpc.status_code": ("rpc.response.status_code", "rpc.grpc.status_code"),
    "messaging.system": (),
    "messaging.destination.name": (
        "messaging.destination",
        "message_bus.destination",
        "kafka.topic",
        "jms.queue",
        "jms.topic",
        "rabbit.exchange",
        "rabbit.queue",
        "bullmq.queue.name",
    ),
    "messaging.destination.template": (),
    "messaging.destination.temporary": ("messaging.temp_destination",),
    "messaging.destination.anonymous": (),
    "messaging.operation.type": (
        "messaging.operation",
        "messaging.operation.name",
        "celery.action",
        "taskiq.action",
        "remoulade.action",
    ),
    "db.system.name": ("db.system", "db.type"),
    "db.namespace": ("db.name", "db.instance"),
    "db.collection.name": (
        "db.sql.table",
        "db.mongodb.collection",
        "db.cassandra.table",
        "db.cosmosdb.container",
        "db.elasticsearch.path_parts.index",
        "elasticsearch.path_parts.index",
    ),
    "db.operation.name": ("db.operation",),
    _SUMMARY: STATEMENTS,
    "error.type": (),
    "service.peer.name": ("peer.service",),
    ADDRESS: ADDRESSES[1:],
    PEER: (),
    SYNTHETIC: ("http.user_agent.synthetic.type", *AGENTS),
    "vcs.ref.head.name": ("vcs.repository.ref.name",),
    "vcs.ref.head.revision": ("vcs.repository.ref.revision",),
    RESOURCE: (),
    FLAGS: (),
    KEY: (),
    VARIANTS[0]: VARIANTS[1:],
    VALUE: (),
    SIZE: SIZES,
    **CARRIED,
}

SPAN_NAMES = tuple(sorted((*_SPAN_NAMES, *CREDENTIALS)))
"""Names that `Facts.attributes` may hold."""

RESOURCE_NAMES = tuple(sorted(RESOURCES))
"""Names that `Facts.resource` may hold."""

Pairs = Iterable[tuple[str, str]]
"""Attributes as a record gave them: (name, value) with the value as text."""


def newest_names() -> dict[str, tuple[str, int]]:
    """Every name that is understood -> (its newest name, age: 0 for the newest itself)."""
    known: dict[str, tuple[str, int]] = {}
    for table in (_SPAN_NAMES, RESOURCES):
        for newest, older in table.items():
            known |= {name: (newest, age) for age, name in enumerate((newest, *older))}
    return known


def needs_free(found: Mapping[str, str]) -> bool:
    """Whether attributes of `FREE` say anything that these, translated, do not."""
    return _needs_path(found) or _needs_statement(found)


def _needs_path(found: Mapping[str, str]) -> bool:
    route = found.get("http.route") or found.get("url.template") or "*"
    return "http.request.method" in found and is_open(route)


def _needs_statement(found: Mapping[str, str]) -> bool:
    said = _SUMMARY in found or ("db.operation.name" in found and "db.collection.name" in found)
    return "db.system.name" in found and not said


class Vocabulary:
    """What is kept of attributes: the tables above, and `extra` names that the settings ask for.

    `probes`: globs on further user agents that are probes. An `extra` name of `FREE` is kept as it is;
    `free`: the others of these.
    """

    def __init__(self, extra: Iterable[str] = (), probes: Iterable[str] = ()) -> None:
        self._extra, self._probes = tuple(extra), tuple(probes)
        asked = {name: (name, 0) for name in self._extra}
        whole = {name: known for name, known in asked.items() if name in FREE}
        self.free = FREE - whole.keys()
        self.names: Mapping[str, tuple[str, int]] = asked | newest_names() | whole
        self._reducers = {name: each for name, each in reducers(self._probes).items() if name not in whole}
        self._remembered = lru_cache(_REMEMBERED)(self._reduced)

    def extended(self, names: Iterable[str]) -> "Vocabulary":
        """This vocabulary and further names that are kept."""
        return Vocabulary((*names, *self._extra), self._probes)

    def newest(self, name: str) -> tuple[str, int]:
        """The name under which `name` is kept and its age; ('', 0) where it is not kept."""
        known = self.names.get(name)
        if known is not None:
            return known
        if name.startswith("test."):
            return TEST_MARK, 0
        kept = _by_form(name)
        return kept, _BY_FORM_AGE if kept else 0

    def reduced(self, name: str, value: str) -> str:
        """What is kept of a value; '' for nothing."""
        return (self._reduced if name in FREE else self._remembered)(name, value)

    def _reduced(self, name: str, value: str) -> str:
        value = value.strip()
        reduce = self._reducers.get(name) or (shortened if name in self.names else _reducer(name))
        return reduce(value) if value else ""

    def kept(self, pairs: Pairs) -> tuple[tuple[str, str], ...]:
        """The pairs of which something is kept, their values reduced."""
        known = ((self.newest(name)[0], name, value) for name, value in pairs)
        reduced = (
            (newest, value and PRESENT) if newest in PRESENCE else (name, self.reduced(name, value))
            for newest, name, value in known
            if newest
        )
        return tuple([pair for pair in reduced if pair[1]])

    def translate(self, pairs: Pairs) -> dict[str, str]:
        """Return what is kept of pairs with reduced values, by its newest name, sorted.

        Of equal names the first counts, and an empty value is none.
        """
        found: dict[str, tuple[int, str]] = {}
        for name, given in pairs:
            newest, age = self.newest(name)
            value = normalise(RENAMED.get(name, {}).get(given, given))
            if newest and value and age < found.get(newest, (99, ""))[0]:
                found[newest] = (age, value)
        return _join_rpc(_without_needless({name: found[name] for name in sorted(found)}))


@lru_cache(_REMEMBERED)
def _by_form(name: str) -> str:
    """The name under which an attribute is kept that no table has; '' for one that is not kept."""
    return carried_as(name) or credential_as(name)


def _reducer(name: str) -> Reduce:
    """What reduces a value that is kept by the form of its attribute's name."""
    return mechanism if _by_form(name) == AUTHORIZATION else shortened


def _without_needless(found: Mapping[str, tuple[int, str]]) -> dict[str, str]:
    """What was found, without the path, the statement or the class's name that it does not need."""
    names = {name: value for name, (_, value) in found.items()}
    if names.get("messaging.system") != "active_job":
        names.pop("code.namespace", None)
    path = names.pop(_PATH, "")
    statement = names.pop(_SUMMARY, "") if found.get(_SUMMARY, (0, ""))[0] else ""
    if path and _needs_path(names):
        names[_PATH] = path
    if statement and _needs_statement(names):
        names[_SUMMARY] = statement
    return names


def with_spoken_method(found: dict[str, str], name: str) -> dict[str, str]:
    """Attributes of a span, and its RPC method where its name alone says that: `/shop.Cart/Get`."""
    if "rpc.system.name" in found and "rpc.method" not in found and (spoken := _METHOD.fullmatch(name)):
        found["rpc.method"] = spoken[1]
    return found


def _join_rpc(found: dict[str, str]) -> dict[str, str]:
    """Make `rpc.method` fully qualified, as it is since conventions 1.39, and drop `rpc.service`."""
    service = found.pop("rpc.service", "")
    method = found.get("rpc.method", "").removeprefix("/")
    if method:
        found["rpc.method"] = method
    if service and method and "/" not in method:
        found["rpc.method"] = normalise(f"{service}/{method}")
    return found
