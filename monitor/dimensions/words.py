"""The words that sentences share: how many of a thing, which share of it, which tests showed it."""

from monitor.base.moments import to_the_minute
from monitor.dimensions.dimension import SLOTS, Cases, Seen


def counted(number: int, thing: str) -> str:
    """A number of things: `1 trace`, `1,426 traces`."""
    return f"{number:,} {thing}{'' if number == 1 else 's'}"


def path_name(flow: str, outcome: str) -> str:
    """The flow, and how it ended unless that is the common way: `shop POST /pay (client error)`."""
    return f"{flow} ({outcome.replace('_', ' ')})" if outcome not in ("", "ok") else flow


def share(rate: float) -> str:
    """A rate as a percentage that never rounds something to nothing, or most to all."""
    if 0 < rate < 0.001:
        return "under 0.1 %"
    if 0.999 < rate < 1:
        return "over 99.9 %"
    return f"{100 * rate:.3g} %"


def among(rate: float, number: int, thing: str) -> str:
    """A rate of a number of things: `all 1,426 production traces`, `0 of 6 test cases`, `12 % of 40 runs`."""
    if rate == 1.0:
        return f"the only {thing}" if number == 1 else f"all {number:,} {thing}s"
    return f"{share(rate) if rate else 0} of {counted(number, thing)}"


def in_production(seen: Seen) -> str:
    """A rate of production's traces: `all 1,426 production traces`."""
    return among(seen.reference, seen.reference_n, "production trace")


def in_tests(seen: Seen) -> str:
    """A rate of the tests: `0 of 6 test cases (3 runs since 2026-11-29 09:14 UTC)`."""
    cases, rate = seen.cases, seen.candidate
    if cases.run and cases.number == 1:
        traces = "no trace" if not rate else "all traces" if rate == 1.0 else f"{share(rate)} of the traces"
        return f"{traces} of run {cases.run}"
    thing, rest = _tests(cases)
    return f"{among(rate, cases.number, thing)}{rest}"


def _tests(cases: Cases) -> tuple[str, str]:
    """What is counted, in the singular, and what is said behind the number."""
    if cases.run:
        return "test case", f" of run {cases.run}"
    since = "" if cases.since is None else f" since {to_the_minute(cases.since)}"
    if cases.alone:
        return "test trace", since
    if not cases.known:
        return "test period" if cases.number == cases.runs else "test trace", since
    if cases.number == cases.runs:
        return "test run", since
    return "test case", f" ({counted(cases.runs, 'run')}{since})"


def in_runs(cases: Cases) -> str:
    """Where something was seen that is no rate of test cases: `3 test runs since 2026-11-29 09:14 UTC`."""
    if cases.since is None:
        return "the tests so far"
    thing, rest = _tests(cases._replace(number=cases.runs))
    return f"{counted(cases.runs, thing)}{rest}"


def more_evidence(missing: int, per: str) -> str:
    """How much more evidence decides; `per`: what a run gives units of, a path or a flow."""
    return (
        f"{counted(missing, 'more evidence unit')} would decide (a test run gives up to {SLOTS} per {per})."
    )
