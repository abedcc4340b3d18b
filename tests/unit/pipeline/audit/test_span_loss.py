"""The loss of spans on its way: late ones from headers, gaps from summaries, and the command about both."""

from typing import Any

import orjson
import pytest

from monitor.base.errors import UndecodableError
from monitor.base.units import HOUR_MS
from monitor.drift.records.summary import Summary
from monitor.fingerprints.span_gaps import OTHERS, Gaps
from monitor.pipeline.audit.span_loss import lost_of, lost_share, news
from monitor.pipeline.timeline.commands import Settings, SpanLoss, command_of
from monitor.pipeline.timeline.late_spans import LateSpans
from monitor.traces import tally as tallies
from monitor.traces.tally import LATE_OF, AssemblyCounts
from monitor.wire.span import Kind
from tests.factories import span
from tests.rows import header, row
from tests.unit.pipeline.auditing import POLICY, PRODUCTION, TESTS, Log, summary_of

CART = f"{LATE_OF}integration\tcart"


def told(lates: LateSpans, count: int, before: int, hour: int = 0) -> dict[str, dict[str, int]]:
    head = header(TESTS, log_time=hour * HOUR_MS, tallies={CART: count, "late": count})
    lates.receive(head, {CART: before})
    return lates.counts


def test_late_spans_are_counted_once() -> None:
    """Headers say sums: what is new since the one before counts; a new observer begins at 0."""
    lates = LateSpans()
    assert told(lates, 5, 0) == {"integration": {"cart": 5}}
    assert told(lates, 5, 5) == {"integration": {"cart": 5}}
    assert told(lates, 7, 5) == {"integration": {"cart": 7}}
    assert told(lates, 2, 7) == {"integration": {"cart": 9}}


def test_late_spans_are_forgotten() -> None:
    """An hour of log time halves the count; then nothing is left; and it comes back from its pack."""
    lates = LateSpans()
    told(lates, 9, 0)
    assert told(lates, 9, 9, hour=1) == {"integration": {"cart": 4}}
    assert LateSpans.unpack(lates.pack()).pack() == lates.pack()
    assert told(lates, 9, 9, hour=9) == {}


def test_the_assembler_names_the_service_of_a_late_span(monkeypatch: pytest.MonkeyPatch) -> None:
    """Late spans count for their service, but for a server's, which its caller misses."""
    monkeypatch.setattr(tallies, "_MOST_LATE", 1)
    tally = AssemblyCounts()
    for service, kind in (("cart", Kind.CLIENT), ("cart", Kind.SERVER), ("pay", Kind.CLIENT)):
        tally.note_late(span(1, service=service, kind=kind, environment="integration"))
    assert (tally.late, tally.late_of) == (3, {CART: 1})


def test_partitions_add_up_and_late_spans_count_once() -> None:
    """Gaps are each partition's own; late spans are known to all of them."""
    parts = [
        Summary(
            partition=n,
            offset=0,
            loss={"integration": {"cart": Gaps(n, 10)}},
            late={"integration": {"cart": 3}},
        )
        for n in (1, 2)
    ]
    lost = lost_of(parts)
    assert lost == {"integration": {"cart": Gaps(6, 23)}}
    assert lost_share(lost["integration"]) == round(6 / 23, 6)
    assert lost_share({}) is None


def test_only_news_is_said() -> None:
    """A loss is said again when it grows, falls clearly or ends, and not while it stays."""
    lost = {"integration": {"cart": Gaps(100, 1000)}}
    [first] = news(lost, {})
    assert first.subject == "loss/integration"
    said = {"integration": first.rates}
    assert list(news(lost, said)) == []
    assert list(news({"integration": {"cart": Gaps(98, 1000)}}, said)) == []
    assert [*news({"integration": {"cart": Gaps(120, 1000)}}, said)]
    assert list(news({"integration": {"cart": Gaps(0, 1000)}}, said)) == [SpanLoss("integration", {})]


@pytest.mark.parametrize("rates", [None, [1], {"cart": 2}, {"cart": -0.1}, {"cart": "0.1"}, {"cart": True}])
def test_a_damaged_command_is_refused(rates: Any) -> None:
    """A command with a loss that is no share is refused."""
    with pytest.raises(UndecodableError):
        command_of({"kind": "loss", "environment": "integration", "rates": rates})


def test_a_command_changes_the_policy_and_outlives_settings() -> None:
    """From the command on the fold knows the loss; new settings do not undo it; a checkpoint holds it."""
    log = Log()
    log.production(10)
    log.command(SpanLoss("integration", {"cart": 0.05, "pay": 0.4, OTHERS: 0.05}))
    log.command(Settings(POLICY))
    log.append(header(PRODUCTION, low=10, log_time=60 * 60_000))
    auditor = log.fold()
    policy = auditor.timeline.policy
    assert policy.lost_in("integration") == {"cart": 0.05, "pay": 1.0, OTHERS: 0.05}
    assert policy.lost_in("production") == {}
    plain = SpanLoss("integration", {"cart": 0.05}).plain()
    assert command_of(orjson.loads(orjson.dumps(plain))) == SpanLoss("integration", {"cart": 0.05})


def test_the_summary_tells_gaps() -> None:
    """A summary has the span gaps of compared environments."""
    log = Log()
    log.append(header(PRODUCTION, low=0), row(0), row(1, environment="elsewhere"))
    told = summary_of(log.fold())
    assert list(told["loss"]) == ["production"]
