"""How each part of a system names its spans under the newest semantic conventions.

What instrumentations of today send by default; `transformations.conventions` writes the older ones. Sources:
opentelemetry.io/docs/specs/semconv (http, rpc, database, messaging, graphql spans), and for jobs
opentelemetry-instrumentation-sidekiq (Ruby) and -celery (Python), which still use older names.
"""

from random import Random
from typing import NamedTuple

from monitor.wire.span import Kind
from tests.metamorphic.systems.model import (
    Gateway,
    GraphQl,
    Http,
    Interface,
    Job,
    Operation,
    Page,
    Query,
    Rpc,
    Schedule,
    Topic,
)
from tests.metamorphic.telemetry.spans import NONE, Attributes

PORT = 8080
IDS = range(4_711, 1_000_000, 31_337)
"""What is asked for: so few that the decoder sees most requests again, as it does in a real system."""
BROWSER = "Mozilla/5.0 (X11; Linux x86_64) Firefox/131.0"


class Face(NamedTuple):
    """The name, kind and attributes of a span."""

    kind: Kind
    name: str
    attributes: Attributes
    scope: str = ""


def server(operation: Operation, rng: Random, status: int = 200) -> Face:
    """The span of an operation itself."""
    match operation.interface:
        case Http(method, route):
            return Face(Kind.SERVER, f"{method} {route}", _http_server(operation, method, rng, status))
        case Gateway(method):
            return Face(Kind.SERVER, method, _http_server(operation, method, rng, status))
        case GraphQl():
            return Face(Kind.SERVER, "POST /graphql", _http_server(operation, "POST", rng, status))
        case Rpc(service, method):
            code = "OK" if status < 400 else "INTERNAL"
            return Face(Kind.SERVER, f"{service}/{method}", _rpc(service, method, code))
        case Job() as job:
            return _job_run(job)
        case Topic(system, destination):
            return Face(Kind.CONSUMER, f"process {destination}", _messaging(system, destination, "process"))
        case Schedule(name):
            return Face(Kind.INTERNAL, name, NONE, "scheduler")
        case Page(url):
            return Face(Kind.INTERNAL, "documentLoad", {"url.full": url, "user_agent.original": BROWSER})


def client(to: Operation, rng: Random, status: int = 200) -> Face:
    """The span of a caller of an operation: a request, or a message that is sent."""
    match to.interface:
        case Rpc(service, method):
            face = _rpc(service, method, "OK" if status < 400 else "INTERNAL")
            return Face(Kind.CLIENT, f"{service}/{method}", {**face, **_address(to.service)})
        case Job() as job:
            return _job_sent(job)
        case Topic(system, destination):
            return Face(Kind.PRODUCER, f"send {destination}", _messaging(system, destination, "send"))
        case interface:
            return _http_client(to.service, interface, rng, status)


def query(does: Query) -> Face:
    """The span of a database call."""
    attributes = {
        "db.system.name": does.system,
        "db.namespace": "main",
        "db.operation.name": does.verb,
        "db.collection.name": does.table,
        "server.address": f"{does.system}.internal",
    }
    return Face(Kind.CLIENT, f"{does.verb} {does.table}", attributes, "db")


def graphql(operation: GraphQl) -> Face:
    """The span of a GraphQL operation, below that of its request."""
    attributes = {"graphql.operation.type": operation.kind, "graphql.operation.name": operation.name}
    return Face(Kind.INTERNAL, f"{operation.kind} {operation.name}", attributes, "graphql")


def _address(service: str) -> Attributes:
    return {"server.address": service, "server.port": PORT}


def path_of(interface: Interface, rng: Random) -> tuple[str, str]:
    """Method and path of a request, with an id where its route has one."""
    match interface:
        case Http(method, route) | Gateway(method, route):
            return method, route.replace("{id}", str(rng.choice(IDS)))
        case _:
            return "POST", "/graphql"


def _http_server(operation: Operation, method: str, rng: Random, status: int) -> Attributes:
    interface = operation.interface
    routed = {"http.route": interface.route} if isinstance(interface, Http) else {}
    routed = {"http.route": "/graphql"} if isinstance(interface, GraphQl) else routed
    path = path_of(interface, rng)[1]
    return {
        "http.request.method": method,
        **routed,
        **({"url.path": path} if path else {}),
        "url.scheme": "http",
        **_address(operation.service),
        "user_agent.original": BROWSER,
        "http.response.status_code": status,
    }


def _http_client(service: str, interface: Interface, rng: Random, status: int) -> Face:
    method, path = path_of(interface, rng)
    attributes = {
        "http.request.method": method,
        "url.full": f"http://{service}:{PORT}{path}",
        **_address(service),
        "http.response.status_code": status,
    }
    return Face(Kind.CLIENT, method, attributes)


def _rpc(service: str, method: str, code: str) -> Attributes:
    return {
        "rpc.system.name": "grpc",
        "rpc.method": f"{service}/{method}",
        "rpc.response.status_code": code,
    }


def _messaging(system: str, destination: str, operation: str) -> Attributes:
    return {
        "messaging.system": system,
        "messaging.destination.name": destination,
        "messaging.operation.type": operation,
        "messaging.operation.name": operation,
    }


def _job_run(job: Job) -> Face:
    if job.framework == "celery":
        attributes = {
            "celery.action": "run",
            "celery.state": "SUCCESS",
            "celery.task_name": job.name,
            "messaging.destination": job.queue,
        }
        return Face(Kind.CONSUMER, f"run/{job.name}", attributes)
    return Face(Kind.CONSUMER, f"{job.queue} process", {**_sidekiq(job), "messaging.operation": "process"})


def _job_sent(job: Job) -> Face:
    if job.framework == "celery":
        attributes = {
            "celery.action": "apply_async",
            "celery.task_name": job.name,
            "messaging.destination": job.queue,
            "messaging.destination_kind": "queue",
        }
        return Face(Kind.PRODUCER, f"apply_async/{job.name}", attributes)
    return Face(Kind.PRODUCER, f"{job.queue} publish", _sidekiq(job))


def _sidekiq(job: Job) -> Attributes:
    return {
        "messaging.system": "sidekiq",
        "messaging.destination": job.queue,
        "messaging.destination_kind": "queue",
        "messaging.sidekiq.job_class": job.name,
    }
