"""What a system is: entries, each a tree of operations and what they do, in order.

Nothing here says how any of it is observed; `telemetry.semantics` does.
"""

from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class Http:
    """An HTTP request with a route: `POST /orders/{id}`."""

    method: str
    route: str


@dataclass(frozen=True)
class Rpc:
    """A gRPC method: `shop.Payments/Charge`."""

    service: str
    method: str


@dataclass(frozen=True)
class GraphQl:
    """A GraphQL operation: all of a service share one HTTP route."""

    kind: str
    name: str


@dataclass(frozen=True)
class Gateway:
    """A reverse proxy of the company's own: knows the method, no route, and may state the path."""

    method: str
    path: str = ""


@dataclass(frozen=True)
class Job:
    """A background job: all jobs of one framework share a queue."""

    framework: str
    queue: str
    name: str


@dataclass(frozen=True)
class Topic:
    """What a consumer of a topic does with each message."""

    system: str
    destination: str


@dataclass(frozen=True)
class Schedule:
    """Work that a clock starts: a root without any caller."""

    name: str


@dataclass(frozen=True)
class Page:
    """A page load in a browser: the root of several requests."""

    url: str


Interface = Http | Rpc | GraphQl | Gateway | Job | Topic | Schedule | Page


@dataclass(frozen=True)
class Query:
    """A database call."""

    system: str
    verb: str
    table: str


@dataclass(frozen=True)
class Request:
    """A call that waits for an answer; `answered`: the other side runs, and is observed."""

    to: "Operation"
    answered: bool = True


@dataclass(frozen=True)
class Message:
    """What is sent to a queue or topic, and whoever takes it: an operation with a `Job` or `Topic`."""

    to: "Operation"
    consumed: bool = True


Action = Query | Request | Message


@dataclass(frozen=True)
class Step:
    """Something that an operation does: in this share of its runs, so many times each."""

    does: Action
    chance: float = 1.0
    times: int = 1


@dataclass(frozen=True)
class Operation:
    """What a service does when it is asked."""

    service: str
    interface: Interface
    steps: tuple[Step, ...] = ()


@dataclass(frozen=True)
class Entry:
    """Where work enters the system; `traces`: how often in the captured production.

    failing: the share of requests that end with an error after the first step.
    """

    operation: Operation
    traces: int
    failing: float = 0.0


@dataclass(frozen=True)
class System:
    """Everything that runs."""

    entries: tuple[Entry, ...]


def callee(action: Action) -> Operation | None:
    """The operation at the other end of a request or message."""
    return None if isinstance(action, Query) else action.to


def operations(operation: Operation) -> Iterator[Operation]:
    """The operation and all that it causes, in order."""
    yield operation
    for step in operation.steps:
        below = callee(step.does)
        if below is not None:
            yield from operations(below)


def all_operations(system: System) -> Iterator[Operation]:
    """Every operation of a system; one that is called twice comes twice."""
    for entry in system.entries:
        yield from operations(entry.operation)


def word(part: Operation | Action) -> str:
    """What a report must name it by: the one word that no other part of the system shares."""
    match part:
        case Query(table=table):
            return table
        case Request(to=to) | Message(to=to):
            return word(to)
        case Operation(interface=interface):
            return interface_word(interface)


def interface_word(interface: Interface) -> str:
    """The word in the name of an interface that no other shares."""
    match interface:
        case Http(route=route):
            return route.split("/")[1]
        case Rpc(method=name) | GraphQl(name=name) | Job(name=name) | Schedule(name=name):
            return name
        case Topic(destination=destination):
            return destination
        case Page(url=url):
            return url
        case Gateway(method=method):
            return method
