"""The quota of events: of one flow and severity at most N episodes a day go out; the rest is counted.

A flow whose verdict goes on and off says nothing new each time. An episode goes out whole or not at all: who
receives its beginning receives its end, too. One that was held back and goes on is sent the next day, at its
next event. Verdicts are not touched.
"""

from collections.abc import Iterable
from typing import Any, Self

from monitor.base.units import DAY_MS
from monitor.drift.records.alert import Alert


class AlertQuota:
    """What a shard's flows sent: per flow and severity the day (of log time) and its episodes; the open ones.

    suppressed: events that were held back.
    """

    __slots__ = ("days", "sent", "suppressed")

    def __init__(self) -> None:
        self.days: dict[str, tuple[int, int]] = {}
        self.sent: dict[str, None] = {}
        self.suppressed = 0

    def admitted(self, alerts: Iterable[Alert], per_day: int) -> list[Alert]:
        """Those of `alerts` that go out, in their order."""
        out = [alert for alert in alerts if self._goes_out(alert, per_day)]
        newest = max((day for day, _ in self.days.values()), default=0)
        for flow in [flow for flow, (day, _) in self.days.items() if day < newest - 1]:
            del self.days[flow]
        return out

    def _goes_out(self, alert: Alert, per_day: int) -> bool:
        known = alert.episode in self.sent
        if alert.phase == "resolved":
            self.sent.pop(alert.episode, None)
        elif not known:
            flow = f"{alert.flow}\t{alert.severity}"  # warnings use up no pages
            known = self._begin(flow, alert.at // DAY_MS, per_day)
            self.sent |= {alert.episode: None} if known else {}
        self.suppressed += not known
        return known

    def _begin(self, flow: str, day: int, per_day: int) -> bool:
        """Whether the flow may send one more episode on `day`."""
        last, sent = self.days.get(flow, (day, 0))
        if day > last:
            last, sent = day, 0
        self.days[flow] = (last, min(sent + 1, per_day))
        return sent < per_day

    def pack(self) -> list[Any]:
        """Plain values for JSON."""
        return [[[flow, *day] for flow, day in self.days.items()], [*self.sent], self.suppressed]

    @classmethod
    def unpack(cls, plain: list[Any]) -> Self:
        """The quota that `pack` packed."""
        quota = cls()
        days, sent, quota.suppressed = plain
        quota.days = {flow: (day, count) for flow, day, count in days}
        quota.sent = dict.fromkeys(sent)
        return quota
