"""Which comparison is meant where nobody names one: one that is shown, and of a run the one that it is in."""

from collections.abc import Sequence

from monitor.base.errors import FlowdriftError
from monitor.drift.policy import Comparison
from monitor.drift.strangers import strangers
from monitor.publish.known_runs import KnownRuns
from monitor.publish.view import View
from monitor.wire.names import normalise


class UnknownNameError(FlowdriftError):
    """No comparison of that name is configured, none has the environment of a run, or it has no such flow."""


class SeveralError(FlowdriftError):
    """A run is in several environments, so that its comparison must be named."""


def chosen(view: View, comparisons: Sequence[Comparison], name: str | None) -> Comparison:
    """The comparison of that name; for None the first that is shown, else the first of all.

    Raises UnknownNameError.
    """
    if name is None:
        shown = view.comparisons()
        return next((each for each in comparisons if each.name in shown), comparisons[0])
    for comparison in comparisons:
        if normalise(comparison.name) == normalise(name):
            return comparison
    known = ", ".join(each.name for each in comparisons)
    raise UnknownNameError(f"no such comparison; configured: {known}", code="comparison")


def chosen_for(view: View, comparisons: Sequence[Comparison], name: str | None, run: str) -> Comparison:
    """As `chosen`; for None the first whose candidate has that run, as far as it was seen.

    Raises UnknownNameError, SeveralError.
    """
    if name is not None:
        return chosen(view, comparisons, name)
    there = KnownRuns(view).environments(run)
    having = [each for each in comparisons if each.candidate in there]
    if there and not having:
        raise UnknownNameError(_uncompared(view, there), code="environment")
    if len({each.candidate for each in having}) > 1:
        where = " and ".join(dict.fromkeys(each.candidate for each in having))
        names = ", ".join(each.name for each in having)
        raise SeveralError(f"this run is in {where}: name a comparison, one of {names}", code="comparison")
    return having[0] if having else chosen(view, comparisons, None)


def _uncompared(view: View, there: set[str]) -> str:
    remedies = [f" Set {hint.remedy}" for hint in strangers(view) if hint.subject in there]
    return f"this run is in {' and '.join(sorted(there))}, which no comparison has.{''.join(remedies)}"
