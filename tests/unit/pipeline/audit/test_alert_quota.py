"""The ration of events: what a flow may tell on a day, and what is counted instead."""

from collections.abc import Iterable

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from monitor.base.units import DAY_MS, LogTime
from monitor.dimensions.structure import STRUCTURE
from monitor.drift.judge import Episode, judge
from monitor.drift.policy import AlertSettings, Comparison, Policy
from monitor.drift.records.alert import Alert, FlowLabels
from monitor.drift.verdict import State
from monitor.pipeline.audit.alert_quota import AlertQuota
from monitor.pipeline.audit.auditor import PartitionAuditor
from tests.unit.drift.test_judge import ABOUT, line
from tests.unit.pipeline.auditing import Log, checkpoints, labels_of, summary_of, verdicts


def events(states: Iterable[State], every_ms: int = 1000) -> list[Alert]:
    """What a flow tells that goes through `states`, one every so often."""
    episode, alerts = Episode(), []
    for number, state in enumerate(states):
        episode, told = judge(ABOUT, STRUCTURE, [line(state)], episode, LogTime(number * every_ms))
        alerts += told
    return alerts


def phases(alerts: Iterable[Alert]) -> list[str]:
    return [alert.phase for alert in alerts]


def test_a_flow_that_goes_on_and_off_is_told_so_often_a_day() -> None:
    """A flow sends two episodes a day, with their ends; a third is counted and not sent."""
    ration = AlertQuota()
    alerts = events([State.DRIFT, State.OK] * 3)
    assert phases(ration.admitted(alerts, 2)) == ["firing", "resolved"] * 2
    assert ration.suppressed == 2


def test_warnings_use_up_no_pages() -> None:
    """However often a flow has warned on a day, a page about it goes out."""
    ration = AlertQuota()
    warnings = [replace(event, severity="warning") for event in events([State.DRIFT, State.OK] * 3)]
    ration.admitted(warnings, 2)
    [page] = events([State.DRIFT])
    assert ration.admitted([page], 2) == [page]


def test_who_heard_of_the_beginning_hears_of_the_end() -> None:
    """An episode whose beginning was sent has its end sent, on whatever day."""
    ration = AlertQuota()
    first, *rest = events([State.SUSPECT, State.DRIFT, State.OK], every_ms=2 * DAY_MS)
    assert ration.admitted([first], 1) == [first]
    assert phases(ration.admitted(rest, 1)) == ["firing", "resolved"]


def test_the_next_day_has_a_ration_of_its_own() -> None:
    """What was held back while suspect is sent when it fires on the next day."""
    ration = AlertQuota()
    ration.admitted(events([State.DRIFT, State.OK]), 1)
    late = events([State.OK, State.DRIFT, State.OK, State.SUSPECT, State.DRIFT], every_ms=DAY_MS // 4)
    assert phases(ration.admitted(late, 1)) == ["firing"]
    assert ration.suppressed == 3


def test_flows_do_not_take_from_each_other() -> None:
    """Each flow has its own ration."""
    ration = AlertQuota()
    alerts = events([State.DRIFT, State.OK])
    labels = FlowLabels(**labels_of(alerts[0]) | {"flow": "other"})
    other = [replace(alert, episode="other", labels=labels) for alert in alerts]
    assert ration.admitted([*alerts, *other], 1) == [*alerts, *other]


@given(
    states=st.lists(st.sampled_from(list(State)), max_size=60),
    cut=st.integers(0, 60),
    per_day=st.integers(1, 4),
)
def test_a_restart_changes_nothing(states: list[State], cut: int, per_day: int) -> None:
    """Packed and restored anywhere, the same events go out; every begun episode gets its end."""
    alerts = events(states, every_ms=DAY_MS // 10)
    whole, part = AlertQuota(), AlertQuota()
    told = whole.admitted(alerts, per_day)
    before = part.admitted(alerts[:cut], per_day)
    restored = AlertQuota.unpack(orjson.loads(orjson.dumps(part.pack())))
    assert before + restored.admitted(alerts[cut:], per_day) == told
    assert restored.suppressed == len(alerts) - len(told)
    told_of = {alert.episode for alert in told}
    ends = [alert for alert in alerts if alert.phase == "resolved"]
    assert [end in told for end in ends] == [end.episode in told_of for end in ends]


@pytest.mark.parametrize(("per_day", "told", "held_back"), [(3, 6, 0), (2, 4, 2), (1, 2, 4)])
def test_the_fold_holds_back_and_counts(per_day: int, told: int, held_back: int) -> None:
    """A flow that drifts in three comparisons has three verdicts and at most two episodes a day."""
    comparisons = tuple(
        Comparison(name=name, reference="production", candidate="integration") for name in ("a", "b", "c")
    )
    log = Log(Policy(comparisons=comparisons, alerts=AlertSettings(per_flow_per_day=per_day)))
    log.production(1000)
    for number in range(4):
        log.run(number, calls=())
    auditor = log.fold()
    alerts = log.alerts
    assert len(alerts) == told
    assert summary_of(auditor)["tallies"]["alerts_suppressed"] == held_back
    assert sum(line["state"] == "drift" for line in verdicts(auditor)) == 3
    for until in range(4, len(log.entries)):
        before, first = log.fold(until=until), log.alerts
        after = log.fold(PartitionAuditor(0, 4, 1, checkpoints(before)))
        assert [*first, *log.alerts] == alerts
        assert summary_of(after) == summary_of(auditor)
