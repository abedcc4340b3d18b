"""From translated attributes to shared `Facts`: equal facts are one object.

`Origin` is what a resource and an instrumentation scope say about all their spans, decided once. Both
tables are bounded: full, they are emptied between two records. What is decoded never depends on what
they hold, only how fast it is.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields

from monitor.base.units import UNIT_WEIGHT, Weight
from monitor.wire.address import Address
from monitor.wire.attribution import Attribution
from monitor.wire.flags import with_flags
from monitor.wire.free_text import without_secrets, without_tokens
from monitor.wire.names import normalise
from monitor.wire.proxies import is_proxy
from monitor.wire.semconv import RESOURCE_NAMES, SPAN_NAMES, Pairs, with_spoken_method
from monitor.wire.span import Facts, Kind
from monitor.wire.stubs import STUB, stub_in
from monitor.wire.values import ADDRESS, PEER, RESOURCE

TABLE_LIMIT = 65_536
"""Entries that a table of the decoder may hold before it is emptied."""

TESTED_LIMIT = 8_192
"""Of facts that name a test run or case, which are asked for while it lasts and never again: after so many
new ones the tables are emptied, too. With what is known of them elsewhere each takes some 3 kB."""

_KINDS = {int(kind): kind for kind in Kind}
_CALLERS = (Kind.CLIENT, Kind.PRODUCER)
_PLACES = (
    "service.peer.name",
    ADDRESS,
    "messaging.destination.name",
    "messaging.destination.template",
    "db.namespace",
    "db.collection.name",
    "db.query.summary",
)
"""Names of things that `services.aliases` hold for, as they may be called otherwise in each environment."""

_IDS = ("service.version", "telemetry.sdk.version", "vcs.ref.head.revision")
"""Attributes of resources whose values are ids."""

_NAMED_BY_PLACES = ("messaging.system", "db.system.name")
"""A span with one of these may have the name of such a thing in its own."""

_NAMED_OTHERWISE = ("service.peer.name", *_NAMED_BY_PLACES)
"""A span with one of these says better whom it asks than an address does."""


@dataclass(frozen=True, slots=True, eq=False)
class Origin:
    """What all spans of one resource and scope share; compared by identity.

    `known` holds every kept attribute of the resource by its newest name, `resource` those that go into
    the facts. `stated` is the environment that the caller named, if any. `partial` as in `Facts`.
    """

    service: str
    scope: str
    stated: str | None
    known: Mapping[str, str]
    resource: Mapping[str, str]
    partial: bool


class FactsTable:
    """Makes `Origin` and `Facts`, and gives the same object for the same content."""

    def __init__(self, attribution: Attribution) -> None:
        self.attribution = attribution
        self._origins: dict[tuple[object, ...], Origin] = {}
        self._facts: dict[tuple[object, ...], Facts] = {}
        self._tested = 0

    def trim(self) -> bool:
        """Empty the tables if one is full; True if so: what was remembered of their objects is stale."""
        full = max(len(self._origins), len(self._facts)) > TABLE_LIMIT or self._tested > TESTED_LIMIT
        if full:
            self._origins.clear()
            self._facts.clear()
            self._tested = 0
        return full

    def origin(self, pairs: Pairs, scope: str, stated: str | None, *, partial: bool = False) -> Origin:
        """The origin of spans whose resource has these attributes, in a scope of this name."""
        known = self.attribution.vocabulary.translate(pairs)
        key = (tuple(known.items()), scope, stated, partial)
        if (origin := self._origins.get(key)) is None:
            service = self.attribution.service(known.get("service.name", ""))
            resource = {name: _named(name, known[name]) for name in RESOURCE_NAMES if name in known}
            scope = normalise(scope)
            origin = self._origins[key] = Origin(service, scope, stated, known, resource, partial)
        return origin

    def facts(
        self, origin: Origin, name: str, kind: int, error: bool, pairs: Pairs, weight: Weight | None
    ) -> Facts:
        """The facts of a span; `kind` as on the wire, `weight` as stated by its trace state."""
        known = self.attribution.vocabulary.translate(pairs)
        name = known.pop(RESOURCE, "") or name
        known = with_flags(with_spoken_method(known, name))
        address = Address.read(known.pop(ADDRESS, ""))
        known.pop(PEER, None)  # it is ours to make
        if address.service and _asks_an_address(kind, known):
            known[ADDRESS] = address.service
        known |= {each: self.attribution.place(known[each]) for each in _PLACES if each in known}
        if kind in _CALLERS and (peer := self._peer(address, known)):
            known[PEER] = peer
        name = normalise(name)
        identity = self.attribution.identify(origin.stated, origin.known, known, origin.scope, name)
        if any(each in known for each in _NAMED_BY_PLACES):
            name = self.attribution.place(name)
        if identity.runner:
            name = without_secrets(name)  # it may name the case
        made = Facts(
            service=origin.service,
            name=name,
            kind=_KINDS.get(kind, Kind.UNSPECIFIED),
            error=error,
            scope=origin.scope,
            attributes={each: known[each] for each in SPAN_NAMES if each in known},
            resource=origin.resource,
            environment=identity.environment,
            suite=identity.suite,
            run=identity.run,
            case=identity.case,
            weight=UNIT_WEIGHT if weight is None else weight,
            weighted=weight is not None,
            runner=identity.runner,
            marks=self.attribution.marks(origin.known, known),
            proxy=is_proxy(origin.service, origin.scope, origin.known, known),
            partial=origin.partial,
        )
        return self._kept(made)

    def _peer(self, address: Address, known: Mapping[str, str]) -> str:
        """Which stub a caller asks, else where it asks; names are those after aliases."""
        named = (known.get("service.peer.name", ""), self.attribution.place(address.service))
        stub = address.stub or next(filter(None, map(stub_in, named)), "")
        return STUB + stub if stub else address.place

    def _kept(self, made: Facts) -> Facts:
        facts = self._facts.setdefault(content(made), made)
        if facts is made and made.tested:
            self._tested += 1
        return facts


def _named(name: str, value: str) -> str:
    """What is kept of an attribute of a resource."""
    return without_secrets(value) if name in _IDS else without_tokens(value)


def _asks_an_address(kind: int, known: Mapping[str, str]) -> bool:
    """Whether a span's address says whom it asks: that of a server is what its callers write."""
    return kind == Kind.CLIENT and not any(name in known for name in _NAMED_OTHERWISE)


def content(facts: Facts) -> tuple[object, ...]:
    """Everything that `facts` says, as a value that compares and hashes by content."""
    values = (getattr(facts, each.name) for each in fields(facts) if each.init)
    return tuple(tuple(each.items()) if isinstance(each, dict) else each for each in values)
