"""Units of tests in the words of production: a call that both sides make, and name apart, has one name."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain
from typing import NamedTuple

from monitor.dimensions.renamed import RENAMED, answerers, ask_the_same_data, may_be_one, renamed
from monitor.dimensions.trait import Given, Trait
from monitor.fingerprints.snapshot import Counts, Snapshot
from monitor.fingerprints.tally import Tally
from monitor.fingerprints.units import Unit
from monitor.flows.flow import Operation
from monitor.wire.span import Kind

MOST = 64
"""With more new names than that, names hold free parts, and none is looked for."""


class _Named(NamedTuple):
    """A call that one side alone has, and the operations that answer it there."""

    call: Operation
    answered: frozenset[Operation]


Names = Mapping[Operation, _Named]
"""What tests call something, by that name: what production calls it."""


def in_words_of(production: Snapshot, units: list[Unit]) -> list[Unit]:
    """The units, in which a call that production makes under another name has the name that production uses.

    That it had another one is a trait that production never has. Production has none of the new names, the
    units have none of the old ones. Where a call may be several others, it keeps its name.
    """
    names = _names(production.of(RENAMED), units)
    if not names:
        return units
    return [Unit(tuple([_renamed(case, names) for case in unit.cases])) for unit in units]


def _names(counts: Counts, units: Sequence[Unit]) -> Names:
    here = dict.fromkeys(_calls(thing for unit in units for case in unit.cases for thing in case.had))
    new = [call for call in here if call not in counts.givens]
    if not counts.givens or not 0 < len(new) <= MOST:
        return {}
    had = (thing for unit in units for case in unit.cases for thing in case.had)
    ours, theirs = answerers(had), answerers(chain.from_iterable(counts.shares.values()))
    tested = [_Named(call, frozenset(ours.get(call, ()))) for call in new]
    gone = (call for call in _calls(counts.givens) if call not in here)
    known = [_Named(call, frozenset(theirs.get(call, ()))) for call in gone]
    pairs = [(mine, old) for mine in tested for old in known if _are_one(mine, old)]
    partners = Counter(each.call for each in chain.from_iterable(pairs))
    return {mine.call: old for mine, old in pairs if partners[mine.call] == partners[old.call] == 1}


def _calls(things: Iterable[Given]) -> Iterator[Operation]:
    return (each for each in things if isinstance(each, Operation) and each.kind is Kind.CLIENT)


def _are_one(mine: _Named, old: _Named) -> bool:
    if mine.answered != old.answered:
        return False
    return may_be_one(mine.call, old.call) if old.answered else ask_the_same_data(mine.call, old.call)


def _renamed(case: Tally, names: Names) -> Tally:
    tally = Tally()
    tally.traces, tally.counted = case.traces, case.counted
    tally.things = {_thing(thing, names): traces for thing, traces in case.had.items()}
    for mine, old in names.items():
        if traces := case.had.get(mine):
            services = {each.service for each in old.answered}
            tally.things[renamed(old.call, mine, services)] = traces
    tally.times = {
        name: {_trait(thing, names): histogram for thing, histogram in times.items()}
        for name, times in case.times.items()
    }
    return tally


def _thing(thing: Given, names: Names) -> Given:
    if isinstance(thing, Operation):
        return _call(thing, names)
    return thing and _trait(thing, names)


def _trait(trait: Trait, names: Names) -> Trait:
    what = trait.what if isinstance(trait.what, str) else _call(trait.what, names)
    return trait._replace(given=_thing(trait.given, names), what=what)


def _call(operation: Operation, names: Names) -> Operation:
    return names[operation].call if operation in names else operation
