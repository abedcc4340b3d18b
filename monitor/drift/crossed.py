"""Coverage of operations, services, dependencies and seams: what flows cross, added up over all of them.

Made from the records of the flows, like hints. A seam is an edge between two services: it is covered where
any test crosses it, in whichever flow.
"""

from collections.abc import Callable, Collection, Iterable, Iterator
from typing import NamedTuple

import msgspec
from msgspec.structs import replace

from monitor.drift.records.flow import Crossed, FlowVerdicts

LISTED = 20
"""Of what tests do not reach, or reach alone, at most this many are named."""


class Unreached(msgspec.Struct, frozen=True):
    """What tests do not reach: its shares (0..1) of production's traffic and failures that cross such things.

    tested: tests reach it, but in no flow that fails, as production's do.
    """

    name: str
    share: float
    failures: float | None
    tested: bool = False


class Reach(msgspec.Struct, frozen=True, kw_only=True):
    """Which share (0..1) of the reference's things the candidate reaches; None where there are none.

    known: how many there are. traffic, failures: weighted by what crosses them, of failures those that tests
    cross in a flow that fails. missing: the most failures first, then the most traffic. only_tests: things
    that the reference does not have.
    """

    known: int = 0
    plain: float | None = None
    traffic: float | None = None
    failures: float | None = None
    missing: tuple[Unreached, ...] = ()
    only_tests: tuple[str, ...] = ()


class Reaches(NamedTuple):
    """By kind of thing."""

    operations: Reach
    services: Reach
    dependencies: Reach
    seams: Reach


def reaches(flows: Iterable[FlowVerdicts], aside: Collection[str], gone: Collection[str]) -> Reaches:
    """What tests reach; aside: flows that need no test; gone: those that tests do not exercise any more."""
    edges = [
        replace(edge, tested=False, tested_failing=False) if flow.flow in gone else edge
        for flow in flows
        if flow.flow not in aside
        for edge in flow.crossed
    ]
    return Reaches(*(_reach(edges, named) for named in (_operation, _service, _dependency, _seam)))


def _operation(edge: Crossed) -> str:
    return f"{edge.service} {edge.operation}" if edge.service else ""


def _service(edge: Crossed) -> str:
    return edge.service


def _dependency(edge: Crossed) -> str:
    return f"{edge.caller} -> {edge.service or edge.operation}" if edge.caller else ""


def _seam(edge: Crossed) -> str:
    return f"{edge.caller} -> {_operation(edge)}" if edge.caller and edge.service else ""


class _Thing(NamedTuple):
    """One thing, with the sums of what crosses it: as of a `Crossed`."""

    name: str
    weight: int
    failing: int
    tested: bool
    tested_failing: bool

    @property
    def missed(self) -> tuple[int, int]:
        """Traffic of failures, and of all, that no test stands for."""
        return self.failing * (not self.tested_failing), self.weight * (not self.tested)


def _things(edges: Iterable[Crossed], named: Callable[[Crossed], str]) -> Iterator[_Thing]:
    by_name: dict[str, list[Crossed]] = {}
    for edge in edges:
        if name := named(edge):
            by_name.setdefault(name, []).append(edge)
    for name, alike in by_name.items():
        weight, failing = (sum(getattr(each, of) for each in alike) for of in ("weight", "failing"))
        tested = any(each.tested for each in alike)
        yield _Thing(name, weight, failing, tested, any(each.tested_failing for each in alike))


def _reach(edges: Iterable[Crossed], named: Callable[[Crossed], str]) -> Reach:
    things = list(_things(edges, named))
    known = [each for each in things if each.weight]
    weight, failing = sum(each.weight for each in known), sum(each.failing for each in known)
    missed = sorted((each for each in known if any(each.missed)), key=_worst_first)
    return Reach(
        known=len(known),
        plain=_share(sum(each.tested for each in known), len(known)),
        traffic=_share(sum(each.weight for each in known if each.tested), weight),
        failures=_share(sum(each.failing for each in known if each.tested_failing), failing),
        missing=tuple(_unreached(each, weight, failing) for each in missed[:LISTED]),
        only_tests=tuple(sorted(each.name for each in things if not each.weight)[:LISTED]),
    )


def _worst_first(each: _Thing) -> tuple[int, int, str]:
    failures, traffic = each.missed
    return -failures, -traffic, each.name


def _unreached(each: _Thing, weight: int, failing: int) -> Unreached:
    return Unreached(
        each.name, _share(each.weight, weight) or 0.0, _share(each.failing, failing), each.tested
    )


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, 6) if whole else None
