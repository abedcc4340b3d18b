"""A change of one side of a path, and whose change explains a gap between both."""

from typing import NamedTuple

from monitor.base.units import LogTime
from monitor.drift.signal import STILL, Movement, Signal


class Shift(NamedTuple):
    """A change of one side: of what, since when (log time in ms), and with which version or run it came."""

    dimension: str
    subject: str
    onset: LogTime
    began_with: str


def who_moved(reference: Shift | None, candidate: Shift | None, gap: Signal) -> Movement:
    """Whose change explains a gap; nobody's where the two were never the same while they were watched.

    A gap that is new while the reference stood still is the tests' change, though their own past may be too
    short to show it.
    """
    new = gap.onset if gap.new_in and not reference else None
    if gap.new_in and new is not None and (candidate is None or new < candidate.onset):
        run = gap.new_in.run
        candidate = Shift(gap.dimension, gap.subject, new, run and f"run {run}")
    if reference and candidate:
        says = f"Both sides moved: production{_with(reference)}, the tests{_with(candidate)}."
        return Movement("both", reference.began_with or candidate.began_with, says)
    if reference:
        says = f"Production moved{_with(reference)}, and the tests did not follow."
        return Movement("reference", reference.began_with, says)
    if candidate:
        return Movement("candidate", candidate.began_with, f"The tests moved{_with(candidate)}.")
    return STILL


def _with(shift: Shift) -> str:
    return f" (with {shift.began_with})" if shift.began_with else ""
