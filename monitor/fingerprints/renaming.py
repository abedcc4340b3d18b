"""Units of tests in the words of production: a call that both sides make, and name apart, has one name."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain
from typing import NamedTuple

from monitor.dimensions.renamed import RENAMED, answerers, may_be_one, renamed, works
from monitor.dimensions.same_data import ask_the_same_data, differ_by_system_alone
from monitor.dimensions.trait import Given, Trait
from monitor.fingerprints.snapshot import Counts, Snapshot
from monitor.fingerprints.tally import Tally
from monitor.fingerprints.units import Unit
from monitor.flows.flow import Operation
from monitor.wire.span import Kind

MOST = 64
"""With more new names than that, names hold free parts, and none is looked for."""


class _Named(NamedTuple):
    """A call that one side alone has; the operations that answer it there, and the calls that these make."""

    call: Operation
    answered: frozenset[Operation]
    works: frozenset[Operation]

    @property
    def services(self) -> frozenset[str]:
        """The services that answer."""
        return frozenset(each.service for each in self.answered)


Names = Mapping[Operation, _Named]
"""What tests call something, by that name: what production calls it."""


class _Side(NamedTuple):
    """What is known of one side: all its operations, who answers each call, and what each server calls."""

    operations: Mapping[Operation, None]
    answerers: Mapping[Operation, set[Operation]]
    works: Mapping[Operation, set[Operation]]

    def alone(self, other: "_Side") -> Iterator[Operation]:
        """The calls that the other side does not have."""
        return (each for each in self.operations if each.kind is Kind.CLIENT and each not in other.operations)

    def named(self, call: Operation, other: "_Side") -> _Named:
        """What is known of a call; a server that the other side has is no other one by another name."""
        answered = frozenset(self.answerers.get(call, ()))
        new = answered - other.operations.keys()
        works = frozenset(chain.from_iterable(self.works.get(each, ()) for each in new))
        return _Named(call, answered, works if new == answered else frozenset())


def in_words_of(production: Snapshot, units: list[Unit]) -> list[Unit]:
    """The units, in which a call that production makes under another name has the name that production uses.

    That it had another one is a trait that production never has. Production has none of the new names, the
    units have none of the old ones. Where a call may be several others, it keeps its name.
    """
    names = _names(production.of(RENAMED), units)
    if not names:
        return units
    return [unit._replace(cases=tuple([_renamed(case, names) for case in unit.cases])) for unit in units]


def _names(counts: Counts, units: Sequence[Unit]) -> Names:
    had = dict.fromkeys(thing for unit in units for case in unit.cases for thing in case.had)
    here = dict.fromkeys(each for each in had if isinstance(each, Operation))
    new = [each for each in here if each.kind in (Kind.CLIENT, Kind.SERVER) and each not in counts.givens]
    if not counts.givens or not 0 < len(new) <= MOST:
        return {}
    traits = list(chain.from_iterable(counts.shares.values()))
    ours = _Side(here, answerers(had), works(had))
    theirs = _Side(dict.fromkeys(counts.givens), answerers(traits), works(traits))
    both = (named for mine, old in _sure(_calls(ours, theirs)) for named in _both_ends(mine, old))
    servers = ((mine.call, old) for mine, old in _sure(_servers(ours, theirs)))
    return dict(chain(servers, both))


_Pair = tuple[_Named, _Named]


def _sure(pairs: Iterable[_Pair]) -> list[_Pair]:
    """Those of which neither side may be another one."""
    pairs = list(dict.fromkeys(pairs))
    partners = Counter(each.call for each in chain.from_iterable(pairs))
    return [(mine, old) for mine, old in pairs if partners[mine.call] == partners[old.call] == 1]


def _calls(ours: _Side, theirs: _Side) -> Iterator[_Pair]:
    """Calls that one side alone has, and that may be one."""
    tested = [ours.named(call, theirs) for call in ours.alone(theirs)]
    known = [theirs.named(call, ours) for call in theirs.alone(ours)]
    return ((mine, old) for mine in tested for old in known if _are_one(mine, old))


def _servers(ours: _Side, theirs: _Side) -> Iterator[_Pair]:
    """Servers of one service that answer the same call, and that one side alone has.

    Without this nothing would be known of what such a server does in the tests, whatever that is.
    """
    for call in filter(theirs.answerers.__contains__, ours.answerers):
        mine = ours.answerers[call] - theirs.operations.keys()
        old = theirs.answerers[call] - ours.operations.keys()
        if len(mine) == len(old) == 1:
            new_name, name = *mine, *old
            if may_be_one(new_name, name):
                of = frozenset(old)
                yield _Named(new_name, of, frozenset()), _Named(name, of, frozenset())


def _both_ends(mine: _Named, old: _Named) -> Iterator[tuple[Operation, _Named]]:
    """The call, and the server that answers it where that has another name, too."""
    yield mine.call, old
    if mine.answered != old.answered:
        [(server, its_name)] = zip(mine.answered, old.answered, strict=True)
        yield server, _Named(its_name, frozenset(), frozenset())


def _are_one(mine: _Named, old: _Named) -> bool:
    if not (mine.answered or old.answered):
        return ask_the_same_data(mine.call, old.call)
    if not may_be_one(mine.call, old.call):
        return False
    return mine.answered == old.answered or _is_the_same_server(mine, old)


def _is_the_same_server(mine: _Named, old: _Named) -> bool:
    """Whether one server answers, which has another name as well: it makes the same calls."""
    if len(mine.answered) != 1 or len(old.answered) != 1 or mine.services != old.services:
        return False
    return bool(old.works) and mine.works == old.works and may_be_one(*mine.answered, *old.answered)


def _renamed(case: Tally, names: Names) -> Tally:
    tally = Tally()
    tally.traces, tally.counted = case.traces, case.counted
    tally.things = {_thing(thing, names): traces for thing, traces in case.had.items()}
    for mine, old in names.items():
        shown = mine.kind is Kind.CLIENT or old.answered
        if shown and not differ_by_system_alone(mine, old.call) and (traces := case.had.get(mine)):
            tally.things[renamed(old.call, mine, old.services)] = traces
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
