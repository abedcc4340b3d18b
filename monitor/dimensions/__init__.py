"""The questions about a path, one file each: this table is all that the program knows of them."""

from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any, cast

from monitor.dimensions.auth import AUTH
from monitor.dimensions.branches import BRANCHES
from monitor.dimensions.contents import RECORDED, Contents
from monitor.dimensions.contract import CONTRACT
from monitor.dimensions.dependency import DEPENDENCY, services_of, stand_in
from monitor.dimensions.dimension import Branch, Dimension, Evidence, Place, Presence, Severity, Split
from monitor.dimensions.fanout import FANOUT
from monitor.dimensions.fidelity import FIDELITY
from monitor.dimensions.internals import INTERNALS
from monitor.dimensions.order import Order, Pair
from monitor.dimensions.outcome import OUTCOME
from monitor.dimensions.said import MET, addressed, said
from monitor.dimensions.sequence import SEQUENCE
from monitor.dimensions.structure import STRUCTURE
from monitor.dimensions.timing import TIMING
from monitor.dimensions.trait import SAID, Given, Trait
from monitor.dimensions.variant import Variant
from monitor.flows.flow import Operation

DIMENSIONS: tuple[Dimension[Any], ...] = (
    STRUCTURE,
    DEPENDENCY,
    AUTH,
    CONTRACT,
    SEQUENCE,
    FANOUT,
    BRANCHES,
    INTERNALS,
    TIMING,
    FIDELITY,
    OUTCOME,
)
"""All of them, in the order in which units are fed to them."""


def judged_by(evidence: type[Evidence]) -> tuple[Dimension[Evidence], ...]:
    """The dimensions with this kind of evidence."""
    found = (dimension for dimension in DIMENSIONS if isinstance(dimension.evidence, evidence))
    return cast(tuple[Dimension[Evidence], ...], tuple(found))


PRESENCES = judged_by(Presence)
BEHAVIOUR = tuple([each for each in PRESENCES if each.severity is not Severity.REPORTS])
"""Of these a change is one of the system; of the others it may be one of how the system is observed."""
SPLITS = judged_by(Split)
PLACES = judged_by(Place)
OPTIONAL = BRANCHES
"""Of what production does now and then (`drift.untried`)."""
FED = tuple([each.name for each in DIMENSIONS if not isinstance(each.evidence, Branch)])
"""Those with detectors, to which evidence units are fed when a batch closes."""
TIMED = {each.evidence.times: each.evidence.extract for each in PLACES}
"""Kinds of times, and what is extracted of a shape for each."""
ENDS = OUTCOME
"""Of how requests end: also where what only passes them on answers by itself (`drift.passed`)."""
OTHER_ENDS = DEPENDENCY
"""Of who is at the other end of a call: also where another flow shows it (`drift.taken`)."""
OF_VARIANTS = tuple([each for each in PRESENCES if each.evidence.of is Variant])
OF_PAIRS = tuple([each for each in PRESENCES if each.evidence.of is Pair])
COUNTED = tuple([dimension.name for dimension in OF_VARIANTS])
"""Whose traits fingerprints count by variants."""
ORDERED = tuple([dimension.name for dimension in OF_PAIRS])
"""Whose traits they count by orders."""
OF_CONTENTS = tuple([each for each in PRESENCES if each.evidence.of is Contents])
IN_BODIES = tuple([dimension.name for dimension in OF_CONTENTS])
"""Whose traits they count by fields of bodies."""
BESIDE = (*ORDERED, *IN_BODIES)
"""Whose traits they count beside variants."""


Traits = Mapping[str, Mapping[Trait, None]]
"""Traits of a trace by dimension, in a fixed order; and what its spans say."""


@lru_cache(maxsize=8192)
def traits_of(variant: Variant) -> Traits:
    """What a trace of this variant has: worked out once per variant."""
    judged = {each.name: dict.fromkeys(each.evidence.extract(variant)) for each in OF_VARIANTS}
    return {**judged, SAID: dict.fromkeys(said(variant))}


@lru_cache(maxsize=16384)
def things_of_pair(pair: Pair) -> tuple[Trait, ...]:
    """The traits of a pair of calls, and what they presuppose of it."""
    traits = [trait for each in OF_PAIRS for trait in each.evidence.extract(pair)]
    return tuple(dict.fromkeys([*(each.given for each in traits if isinstance(each.given, Trait)), *traits]))


@lru_cache(maxsize=4096)
def traits_in(order: Order) -> Traits:
    """The traits of the pairs of an order, by dimension; and what they presuppose."""
    traits: dict[str, dict[Trait, None]] = {name: {} for name in (*ORDERED, MET)}
    for pair in order.pairs():
        for trait in things_of_pair(pair):
            traits[trait.dimension][trait] = None
    return traits


@lru_cache(maxsize=512)
def traits_within(contents: Contents) -> Traits:
    """The traits of the bodies of a trace, by dimension; and what they presuppose."""
    traits = {each.name: dict.fromkeys(each.evidence.extract(contents)) for each in OF_CONTENTS}
    return {
        **traits,
        RECORDED: dict.fromkeys(known for field in contents.fields() for known in field.knows()),
    }


def partners(trait: Trait, shares: Mapping[str, Iterable[Trait]]) -> tuple[str, ...]:
    """The services at the other end of the call that a trait is about; shares: production's traits.

    They are those that answer it or that its caller names, else those at the addresses that it asks.
    """
    call = trait.what if isinstance(trait.what, Operation) else None
    if call is None:
        return ()
    return services_of(call, shares.get(DEPENDENCY.name, ())) or addressed(call, shares.get(SAID, ()))


def stand_ins(traits: Iterable[Trait]) -> frozenset[Operation]:
    """The calls that tests simulate, of which these traits are new in them."""
    dependencies = (trait for trait in traits if trait.dimension == DEPENDENCY.name)
    return frozenset(call for call in map(stand_in, dependencies) if call is not None)


Whole = Variant | Order | Contents
"""A part of what a trace did, as a whole."""


def traits_had(done: Whole) -> Traits:
    """The traits of a trace that its variant says, or its order, or what its bodies hold."""
    if isinstance(done, Contents):
        return traits_within(done)
    return traits_in(done) if isinstance(done, Order) else traits_of(done)


def has(done: Whole, given: Given) -> bool:
    """Whether a question with this denominator arises in a trace of which this is known."""
    if isinstance(given, Trait):
        return given in traits_had(done).get(given.dimension, ())
    return given is None or (isinstance(done, Variant) and given in done.operations)


def things_of(variant: Variant) -> Iterator[Given]:
    """All that is counted of a trace: itself (None), its operations, its traits."""
    yield None
    yield from dict.fromkeys(call.operation for call in variant.calls)
    for traits in traits_of(variant).values():
        yield from traits
