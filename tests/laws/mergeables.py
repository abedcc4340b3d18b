"""Every mergeable class, and how to make one of observations: what test_merge.py needs to try the laws."""

import inspect
from collections.abc import Callable, Iterator
from importlib import import_module
from pkgutil import walk_packages
from typing import Any, NamedTuple, Protocol, Self, cast

import orjson
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from monitor.base.units import DAY_MS, LogTime, Weight
from monitor.fingerprints.days import Days
from monitor.fingerprints.fingerprint import Fingerprint
from monitor.fingerprints.overlap import Overlap
from monitor.fingerprints.tally import Tally
from monitor.flows.flow import Body, Flaw, Flow, FlowId, Line, Node, Operation, Outcome, Shape
from monitor.flows.stated import Profile, Stated
from monitor.ledgers.parity.book import Book
from monitor.ledgers.recall.sighting import Sighting
from monitor.stats.distinct import Distinct
from monitor.stats.histogram import Histogram
from monitor.wire.payload import fields_of
from monitor.wire.span import Kind

PACKAGES = ("monitor.stats", "monitor.fingerprints", "monitor.ledgers")


class Mergeable(Protocol):
    """What the laws need of a class."""

    def merge(self, other: Self) -> Self: ...
    def pack(self) -> list[Any]: ...
    @classmethod
    def unpack(cls, plain: list[Any]) -> Self: ...


class Recipe(NamedTuple):
    """How a class is made: what it observes, and how an empty one observes a single thing.

    shows: whether one observation more, after these, makes a difference.
    """

    observations: SearchStrategy[Any]
    observe: Callable[[Any, Any], object]
    shows: Callable[[list[Any], Any], bool] = lambda *_: True


def is_protocol(kind: type) -> bool:
    """Whether it only says what others have."""
    return bool(getattr(kind, "_is_protocol", False))


def mergeables() -> Iterator[type[Mergeable]]:
    """Every class of PACKAGES that has `merge`, in the order of modules and names."""
    for name in PACKAGES:
        package = import_module(name)
        modules = [package, *(import_module(m.name) for m in walk_packages(package.__path__, name + "."))]
        for module in modules:
            for _, found in inspect.getmembers(module, inspect.isclass):
                is_ours = found.__module__ == module.__name__ and not is_protocol(found)
                if is_ours and callable(getattr(found, "merge", None)):
                    yield cast(type[Mergeable], found)


OPERATIONS = st.builds(
    Operation, st.sampled_from(["cart", "pay"]), st.sampled_from(Kind), st.sampled_from("ab")
)


@st.composite
def shapes(draw: st.DrawFn) -> Shape:
    """Trees of one to five spans."""
    size = draw(st.integers(1, 5))
    parents = [-1, *(draw(st.integers(0, place - 1)) for place in range(1, size))]
    return tuple(Node(draw(OPERATIONS), parent) for parent in parents)


@st.composite
def orders(draw: st.DrawFn, size: int) -> tuple[Line, ...]:
    """At most one line: the top calls some of its spans, in any order and way."""
    called = draw(st.lists(st.integers(0, size - 1), max_size=size, unique=True))
    line = (0, *(each for place in called for each in (place, draw(st.integers(0, 5)))))
    return (line,) if called else ()


@st.composite
def bodies(draw: st.DrawFn, size: int) -> tuple[Body, ...]:
    """Responses with a few fields of any type."""
    fields = st.dictionaries(st.sampled_from("ab"), st.sampled_from((1, "", None, [], [{"c": 1}])))
    said = (fields_of(orjson.dumps(draw(fields)).decode()) for _ in range(draw(st.integers(0, 2))))
    return tuple([Body(draw(st.integers(0, size - 1)), True, each) for each in said])


@st.composite
def flows(draw: st.DrawFn) -> Flow:
    """Rows of one path, with any shape, weight, time, trace and flaw."""
    shape = draw(shapes())
    return Flow(
        offset=draw(st.integers(0, 9)),
        place=0,
        ordinal=0,
        id=FlowId("shop", "GET /cart"),
        environment="production",
        outcome=Outcome.OK,
        status="",
        error="",
        suite="",
        run="",
        case="",
        weight=Weight(draw(st.sampled_from([1024, 2048, 102_400]))),
        began=LogTime(draw(st.integers(0, 2**41))),
        trace_id=draw(st.binary(min_size=16, max_size=16)),
        shape=shape,
        self_times=(0,) * len(shape),
        duration=0,
        flaws=draw(st.sampled_from([Flaw.NONE, Flaw.NONE, Flaw.ORPHANED, Flaw.TRUNCATED])),
        order=draw(orders(len(shape))),
        bodies=draw(bodies(len(shape))),
    )


STATED: tuple[Stated, ...] = (
    (Profile("cart", (("runtime", "java 21"),)),),
    (Profile("cart", (("flag new", "off"), ("flag new", "on"))), Profile("pay", (("runtime", "go 1.23"),))),
)


@st.composite
def stating(draw: st.DrawFn) -> tuple[Flow, LogTime, str]:
    """Rows of three environments that state something, each with its period, in some weeks, and its case."""
    flow = draw(flows())
    day = draw(st.sampled_from([0, 1, 2, 3, 13, 14, 15, 16, 30]))
    environment = draw(st.sampled_from(["production", "test", "staging"]))
    stated = draw(st.sampled_from(STATED))
    case = draw(st.sampled_from(["", "ci-1\ta", "ci-1\tb"]))
    return flow._replace(environment=environment, stated=stated), LogTime(day * DAY_MS), case


_HOUR_MS = 3_600_000
REQUESTS = st.tuples(
    st.integers(0, 2 * _HOUR_MS - 3_000), st.integers(0, 2 * 10**9), st.sampled_from([1024, 2048, 102_400])
)
"""When each began (ms, in the hours that are kept), how long it took (ns), its weight (1/1024)."""

RECIPES: dict[type, Recipe] = {
    Overlap: Recipe(REQUESTS, lambda overlap, request: overlap.observe(*request)),
    Histogram: Recipe(st.integers(0, 512), Histogram.add),
    Tally: Recipe(flows(), Tally.observe),
    Days: Recipe(flows(), Days.observe),
    Fingerprint: Recipe(flows(), Fingerprint.observe),
    Distinct: Recipe(st.integers(0, 2**48 - 1), Distinct.see, lambda before, more: more not in before),
    Sighting: Recipe(st.tuples(flows(), st.just("shop")), lambda sighting, each: sighting.observe(*each)),
    Book: Recipe(
        stating(),
        lambda book, each: book.observe(*each),
        lambda before, more: all(each[1] <= more[1] for each in before),
    ),
}
"""One for every mergeable class; a class without one fails its laws."""
