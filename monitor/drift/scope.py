"""Flows that tests need not exercise, as a person decided: with the reason, and until when."""

from datetime import date
from fnmatch import fnmatchcase
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from monitor.base.moments import rfc3339
from monitor.base.units import LogTime


def _spelled(day: object) -> object:
    """YAML makes a date of a day without quotes; anything else is checked as it is."""
    return day.isoformat() if isinstance(day, date) else day


Day = Annotated[str, BeforeValidator(_spelled), Field(pattern=r"^\d{4}-\d{2}-\d{2}$")]
"""A day in UTC: `2027-03-31`."""


class OutOfScope(BaseModel):
    """One decision. match: a glob on 'SERVICE OPERATION'. until: the last day on which it holds, if any."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    match: str = Field(min_length=1)
    reason: str = Field(min_length=1)
    until: Day | None = None

    def holds(self, flow: str, now: LogTime) -> bool:
        """Whether it is about this flow at log time `now` (ms)."""
        if not fnmatchcase(flow, self.match):
            return False
        return self.until is None or (rfc3339(now) or "")[:10] <= self.until
