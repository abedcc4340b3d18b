"""What the facts of a span say by themselves: worked out once per `Facts` object, of which there are few."""

from collections.abc import Callable, Iterator, Sequence
from itertools import count
from operator import attrgetter
from typing import NamedTuple, cast

from monitor.flows.connections import as_done
from monitor.flows.credentials import credentials
from monitor.flows.flow import FlowId, Operation
from monitor.flows.graded import grade_of
from monitor.flows.hop import Hop, hop
from monitor.flows.identity import FlowSettings, Named, any_glob, flow_id, is_bare
from monitor.flows.ignore import ignoring
from monitor.flows.messages import is_undeclared
from monitor.flows.notes import UNDECLARED, UNROUTED, asks, at, place, system
from monitor.flows.operation import is_unrouted, operation, peer
from monitor.flows.outcome import Ending, ending
from monitor.flows.routes import routes
from monitor.flows.shapes import MAX_KNOWN, Deployed
from monitor.flows.stated import Said, said
from monitor.traces.halves import CALLERS
from monitor.traces.tree import ENTRY_KINDS
from monitor.wire.facts import TESTED_LIMIT
from monitor.wire.open_route import is_catch_all, is_open
from monitor.wire.span import Facts, Kind, Span
from monitor.wire.systems import is_self_hosted, system_of
from monitor.wire.values import ADDRESS, PEER

_facts = attrgetter("facts")


class Known(NamedTuple):
    """What the facts of a span say by themselves.

    number: stands for all but how it ended and what was deployed, in keys of plans. ignored: the kind of
    `flows.ignore`, '' for a flow. notes: of the spans in shapes. deployed: what is known of the service.
    grade: as in `flows.graded`.
    """

    operation: Operation
    number: int
    flow: FlowId
    named: Named
    inner: bool
    hop: Hop
    ignored: str
    notes: tuple[str, ...]
    ended: Ending
    deployed: Deployed
    grade: int


class Names:
    """What is known of facts, by these settings; `forget` is called when the numbers begin anew."""

    def __init__(self, settings: FlowSettings, forget: Callable[[], None]) -> None:
        self.ignores = ignoring(settings.ignore)
        self._forget = forget
        self._passes_through = any_glob(settings.pass_through)
        self._is_aside = any_glob(settings.aside)
        self._is_inner = any_glob(settings.inner)
        self._route = routes(settings.templates)
        self._known: dict[Facts, Known] = {}
        self._carriers: dict[tuple[Facts, Operation], Known] = {}
        self._numbers: dict[tuple[Operation, Named, Hop, tuple[str, ...]], int] = {}
        self._deployments: dict[tuple[str, str, Said], Deployed] = {}
        self._unused = count()
        self._tested = 0

    def of(self, spans: Sequence[Span]) -> list[Known]:
        """What is known of the facts of each of these spans."""
        known = list(map(self._known.get, map(_facts, spans)))
        if all(known):
            return cast(list[Known], known)
        return [self._known.get(span.facts) or self._learn(span.facts) for span in spans]

    def _learn(self, facts: Facts) -> Known:
        if len(self._known) >= MAX_KNOWN or self._tested > TESTED_LIMIT:
            for table in (self._known, self._carriers, self._numbers, self._deployments):
                table.clear()
            self._tested = 0
            self._forget()
        self._tested += facts.tested
        known = self._known[facts] = self._judge(facts, as_done(facts, operation(facts, self._route)))
        return known

    def _judge(self, facts: Facts, name: Operation) -> Known:
        """What is known of facts, given the operation."""
        read = hop(facts)
        notes = (*self._notes(facts), *credentials(facts))
        route = facts.attributes.get("http.route", "")
        bare = is_bare(name.name) or is_catch_all(route)
        passes = facts.proxy or bare or self._passes_through(name)
        named = Named(facts.kind, passes, self._is_aside(name), read.asked, is_open(route))
        said = (name, named, read, notes)
        number = self._numbers.get(said)
        if number is None:
            # Never used twice: a fragment that is read while the tables are emptied holds both.
            number = self._numbers[said] = next(self._unused)
        ignored, ended = self.ignores(facts, name), ending(facts)
        return Known(
            operation=name,
            number=number,
            flow=flow_id(name),
            named=named,
            inner=facts.kind in ENTRY_KINDS and self._is_inner(name) and not ignored,
            hop=read,
            ignored=ignored,
            notes=notes,
            ended=ended,
            deployed=self._deployed(facts),
            grade=grade_of(facts, ended),
        )

    def _deployed(self, facts: Facts) -> Deployed:
        """The same object for all spans of which the same is known."""
        made = (facts.service, facts.resource.get("service.version", ""), said(facts))
        known = self._deployments.get(made)
        if known is None:
            known = self._deployments[made] = Deployed(*made)
        return known

    def _notes(self, facts: Facts) -> tuple[str, ...]:
        if facts.kind is Kind.SERVER:
            return (UNROUTED,) if is_unrouted(facts, self._route) else ()
        if facts.kind is Kind.CONSUMER:
            return (UNDECLARED,) if is_undeclared(facts) else ()
        return tuple(_asked(facts))

    def named(self, facts: Facts, operation: Operation) -> Known:
        """What is known of the facts of a request whose operation says what it carries, too."""
        carrier = self._carriers.get((facts, operation))
        if carrier is None:
            if len(self._carriers) >= MAX_KNOWN:
                self._carriers.clear()
            carrier = self._carriers[facts, operation] = self._judge(facts, operation)
        return carrier


def _asked(facts: Facts) -> Iterator[str]:
    """What a caller says of whom it asks, and shows of where that is.

    Where a database or broker is, and what its host is called, says nothing of what it is, unless its makers
    alone run it.
    """
    attributes = facts.attributes
    if stated := peer(facts):
        yield asks(stated)
    elif address := attributes.get(ADDRESS, ""):
        yield at(address)
    where = attributes.get(PEER, "")
    if where and not is_self_hosted(attributes):
        yield place(where)
    if facts.kind in CALLERS and (family := system_of(attributes)):
        yield system(family)
