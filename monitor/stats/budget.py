"""The thresholds of the whole fleet, from how many false alarms people are ready to read.

A detector's expected number of false alarms is at most its updates / threshold, for any dependence
between streams, so one threshold serves all flows and dimensions: updates / budget.
"""

FIRST_UPDATES_30D = 1e6
"""Updates assumed for 30 days until a projection exists, and the least ever assumed."""

FIRST_WARN_THRESHOLD = 1e3
"""Until a day has been seen, and the least ever used."""


def page_threshold(projected_updates_30d: float | None, false_pages_per_30d: float) -> float:
    """A: the evidence that pages, for updates of paging detectors in 30 days (None: not yet known).

    ValueError if the budget is not positive.
    """
    return max(FIRST_UPDATES_30D, projected_updates_30d or 0.0) / _positive(false_pages_per_30d)


def warn_threshold(updates_per_day: float | None, false_warnings_per_day: float, page: float) -> float:
    """A_warn: the evidence that makes a suspect; at least FIRST_WARN_THRESHOLD, at most `page`.

    ValueError if the budget is not positive.
    """
    budgeted = (updates_per_day or 0.0) / _positive(false_warnings_per_day)
    return min(max(FIRST_WARN_THRESHOLD, budgeted), page)


def _positive(budget: float) -> float:
    if budget > 0.0:
        return budget
    raise ValueError(f"a budget of {budget} false alarms cannot be kept: give a number above 0")
