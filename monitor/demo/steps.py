"""The vocabulary of the shop's call trees: flows begin at an entry, and consist of steps.

Attributes are those of the OpenTelemetry semantic conventions, as an instrumented service would send them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from monitor.wire.span import Kind

PAYMENTS = "api.payments.example"
MAIL = "api.mail.example"
CARRIER = "api.carrier.example"
CASE_NAMES = ("happy path", "returning customer", "large basket", "minimal input")
REJECTED_CASE = "invalid input"


@dataclass(frozen=True, eq=False)
class Step:
    """A call from one service; without `callee` nobody on the other side is instrumented.

    `millis` is the typical time that the last one in the call works by itself. An `optional` step happens in
    half of production's traces.
    """

    operation: str
    kind: Kind
    attributes: Mapping[str, str | int]
    millis: float
    callee: str = ""
    callee_kind: Kind = Kind.SERVER
    callee_attributes: Mapping[str, str | int] = field(default_factory=dict)
    steps: tuple["Step", ...] = ()
    optional: bool = False


@dataclass(frozen=True, eq=False)
class Flow:
    """One entry of the shop and what it causes.

    weight: popularity in production, 1 is usual. client_errors, failures: shares of its production traces.
    tested: how many successful cases the suite has for it, 0 for none. The last three say how it drifts
    once its change is switched on: `mocked` names the operation that tests then leave out, `fixture` is
    what tests then write straight to a database, `launches` marks a flow that production has only then.
    """

    service: str
    method: str
    route: str
    steps: tuple[Step, ...]
    weight: float = 1.0
    client_errors: float = 0.0
    failures: float = 0.002
    tested: int = 2
    mocked: str = ""
    fixture: Step | None = None
    launches: bool = False

    @property
    def operation(self) -> str:
        """'POST /checkout': the operation of the entry."""
        return f"{self.method} {self.route}"

    @property
    def cases(self) -> tuple[str, ...]:
        """Names of its test cases: successful ones, and a rejected one where production rejects."""
        rejected = (REJECTED_CASE,) if self.client_errors and self.tested else ()
        return (*CASE_NAMES[: self.tested], *rejected)


def rpc(callee: str, method: str, *steps: Step) -> Step:
    """A gRPC call of `method` ('Cart/Get') to a service of ours."""
    attributes = {"rpc.system.name": "grpc", "rpc.method": f"shop.{method}", "server.address": callee}
    return Step(f"shop.{method}", Kind.CLIENT, attributes, 2.0, callee, Kind.SERVER, attributes, steps)


def sql(operation: str, table: str) -> Step:
    """A statement on PostgreSQL."""
    return _database("postgresql", operation, table, 3.0)


def redis(operation: str, keyspace: str) -> Step:
    """A command to Redis."""
    return _database("redis", operation, keyspace, 0.6)


def mongo(operation: str, collection: str) -> Step:
    """A command to MongoDB."""
    return _database("mongodb", operation, collection, 4.0)


def external(host: str, method: str, path: str) -> Step:
    """An HTTP call to a company outside."""
    attributes: dict[str, str | int] = {
        "http.request.method": method,
        "url.template": path,
        "server.address": host,
        "service.peer.name": host,
        "http.response.status_code": 200,
    }
    return Step(f"{method} {path}", Kind.CLIENT, attributes, 80.0)


def publish(queue: str, consumer: str, *steps: Step) -> Step:
    """A message to `queue`, and what its `consumer` does with it a moment later."""
    common = {"messaging.system": "kafka", "messaging.destination.name": queue}
    sent = common | {"messaging.operation.type": "send"}
    handled = common | {"messaging.operation.type": "process", "messaging.consumer.group.name": consumer}
    return Step(f"send {queue}", Kind.PRODUCER, sent, 1.0, consumer, Kind.CONSUMER, handled, steps)


def sometimes(step: Step) -> Step:
    """The same step, in half of production's traces, as in half of the test cases of its flow."""
    return replace(step, optional=True)


def _database(system: str, operation: str, collection: str, millis: float) -> Step:
    attributes = {
        "db.system.name": system,
        "db.operation.name": operation,
        "db.collection.name": collection,
        "server.address": f"{system}.shop",
    }
    return Step(f"{operation} {collection}", Kind.CLIENT, attributes, millis)
