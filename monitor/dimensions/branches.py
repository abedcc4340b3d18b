"""Branches: what production does now and then, and tests never or always do.

Optional calls, services that answer a call now and then, ways to end. Tests choose branches on purpose, so
this is no drift: it says what the tests do not stand for. One trace of the tests that takes a branch is
enough. It is not asked where their spans could not show it: where they are sampled, get lost, or lack the
instrumentation.
"""

from monitor.dimensions.dimension import Branch, Dimension, Judged, Seen, Severity
from monitor.dimensions.trait import Given, Trait
from monitor.dimensions.words import counted, in_tests, share
from monitor.flows.flow import Operation, Outcome
from monitor.wire.span import Kind

_ENDS = {Outcome.OK: "end well", Outcome.CLIENT_ERROR: "end in a client error", Outcome.FAILED: "fail"}
_CALLED = {
    Kind.SERVER: "requests of",
    Kind.CONSUMER: "messages taken by",
    Kind.CLIENT: "calls",
    Kind.PRODUCER: "messages",
}
_ANSWERED = "answered by"


def _ending(outcome: Outcome, entry: Operation) -> Trait:
    return Trait("branches", entry, _ENDS[outcome], entry.service)


def _asked(given: Given, traces: int) -> str:
    """Traces in which the question arises: `1,500 requests of 'shop POST /search'`."""
    if isinstance(given, Trait):
        return _asked(given.given, traces)
    return f"{traces:,} {_CALLED.get(given.kind, 'traces with')} '{given}'" if given else f"{traces:,} traces"


def _does(trait: Trait, services: tuple[str, ...] = ()) -> str:
    """What these traces do, in the plural."""
    what = trait.what
    if isinstance(what, str):
        does = f"are {what}" if what == _ANSWERED else what.replace("asks", "ask")
        return f"{does} {trait.value}".strip()
    callee = what.name if isinstance(trait.given, Operation) and what.service == trait.given.service else what
    return f"make the call '{callee}'{' (of ' + ', '.join(services) + ')' if services else ''}"


def _says(trait: Trait, seen: Seen) -> str:
    most = (
        f"{share(seen.reference)} of production's" if seen.reference is not None else "Some of production's"
    )
    with_it = f", and as often {counted(len(seen.others), 'more call')}" if seen.others else ""
    usual = f"{most} {_asked(trait.given, seen.reference_n)} {_does(trait, seen.services)}{with_it}"
    if seen.candidate:
        return f"{usual}; every test does: {in_tests(seen)}. What happens without it is not tested."
    none = "none is in the tests" if trait.what == _ANSWERED else "no test does"
    there = f" In the tests they {' or '.join(_does(each) for each in seen.instead)}." if seen.instead else ""
    return f"{usual}; {none}: {in_tests(seen)}.{there}"


def _claims(judged: Judged) -> str:
    if not judged.branches:
        return "Production has nothing optional here that the tests could show."
    return f"Tests take, and skip, {counted(judged.branches, 'optional call')} of production at least once."


BRANCHES = Dimension(
    name="branches",
    asks="do tests take, and skip, what production does now and then?",
    remedy="Write test cases for the largest shares; a branch that needs no test needs nothing.",
    severity=Severity.REPORTS,
    evidence=Branch(calls="structure", answers="dependency", ends=_ending),
    claims=_claims,
    says=_says,
    blind="What a branch depends on, and branches in less than 1 % of production's traces.",
)
