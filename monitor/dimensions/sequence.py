"""Sequence: in which order a caller makes its calls, and which of them run at the same time.

Two calls are compared where one caller makes both and its clock tells which began first: those that run at
the same time, or that it cannot tell apart, have no order. Whether they run at the same time is asked where
both last long enough to tell, and one begins right when the other one ends, or before.
"""

from collections.abc import Iterator

from monitor.dimensions.dimension import Dimension, Judged, Presence, Seen, Severity
from monitor.dimensions.order import Pair, Way
from monitor.dimensions.said import MET
from monitor.dimensions.trait import Given, Trait
from monitor.dimensions.words import counted, in_production, in_tests
from monitor.flows.flow import Operation

_FIRST = {Way.AFTER: 0, Way.RIGHT_AFTER: 0, Way.BEFORE: 1, Way.RIGHT_BEFORE: 1}
_ONE_BY_ONE = (Way.RIGHT_AFTER, Way.RIGHT_BEFORE)
_AT_ONCE, _APART = "at once", "one by one"
_NO_RATE = -1.0


def _traits(pair: Pair) -> Iterator[Trait]:
    call, other, way = pair
    if way in _FIRST:
        yield Trait("sequence", _met(pair), (call, other)[_FIRST[way]], call.service)
    if way is Way.AT_ONCE:
        yield Trait("sequence", _met(pair, _AT_ONCE), _AT_ONCE, call.service)
    elif way in _ONE_BY_ONE:
        yield Trait("sequence", _met(pair, _AT_ONCE), _APART, call.service)


def _met(pair: Pair, value: str = "") -> Trait:
    return Trait(MET, pair.call, pair.other, pair.call.service, value)


def _names(trait: Trait) -> tuple[str, str]:
    """The two calls; the first one first, where the trait is that it is."""
    if not isinstance(trait.given, Trait):
        return str(trait.given), str(trait.what)
    one, two = _name(trait.given.given), _name(trait.given.what)
    return (two, one) if trait.what == trait.given.what else (one, two)


def _name(call: Given | str) -> str:
    return call.name if isinstance(call, Operation) else str(call)


def _how(trait: Trait) -> str:
    one, two = _names(trait)
    if isinstance(trait.what, Operation):
        return f"'{one}' before '{two}'"
    return f"'{one}' and '{two}' {'at the same time' if trait.what == _AT_ONCE else trait.what}"


def _says(trait: Trait, seen: Seen) -> str:
    if not seen.reference_n:
        return (
            f"When {trait.service} calls {_how(trait)} drifted, and production has not made both calls since."
        )
    more = f" {counted(len(seen.others), 'more pair')} of its calls likewise." if seen.others else ""
    return f"{trait.service} calls {_how(trait)} in {in_production(seen)} and in {in_tests(seen)}.{more}"


def _claims(judged: Judged) -> str:
    if not judged.known:
        return "Of no two calls here it is known which comes first."
    return "Calls that production always makes in one order are made in that order, where the clock tells it."


SEQUENCE = Dimension(
    name="sequence",
    asks="does a caller make its calls in the same order, and the same ones at the same time?",
    remedy="Let the tests run the version and settings of production, or accept the order with a reason.",
    severity=Severity.PAGES,
    evidence=Presence(extract=_traits, never=_NO_RATE, of=Pair),
    decides_gate=True,
    claims=_claims,
    says=_says,
    subject=lambda trait: f"order of calls of {trait.service}",
    blind="Calls in random order, beyond 8 different ones of a caller, and short ones at the same time.",
)
