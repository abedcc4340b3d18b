"""Which share of its spans a service loses: counted by shards, added up, and said by the owner as a command.

One flow, or one shard, sees too little of it; and whatever verdicts depend on must stand in the log.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from monitor.drift.records.summary import Summary
from monitor.fingerprints.span_gaps import Gaps, Loss, added, rates
from monitor.ledgers.fleet import ratio
from monitor.pipeline.timeline.commands import SpanLoss

WORTH_SAYING = 0.02
"""A loss that falls by less than this is left as it was said; one that grows is said at once."""

Lost = dict[str, dict[str, Gaps]]
"""Per environment and service: spans that did not come, of how many."""


def counted(shards: Iterable[Mapping[str, Loss]]) -> Lost:
    """What the shards of a partition counted, for its summary."""
    return _added({name: loss.gaps() for name, loss in losses.items()} for losses in shards)


def lost_of(summaries: Sequence[Summary]) -> Lost:
    """What the summaries of all partitions say; of late spans, each of them says all."""
    late = {
        environment: {service: Gaps(n, n) for service, n in services.items()}
        for environment, services in summaries[0].late.items()
    }
    return _added([*(summary.loss for summary in summaries), late])


def _added(parts: Iterable[Mapping[str, Mapping[str, Gaps]]]) -> Lost:
    by_environment: dict[str, list[list[tuple[str, Gaps]]]] = {}
    for part in parts:
        for environment, gaps in part.items():
            by_environment.setdefault(environment, []).append(list(gaps.items()))
    return {environment: added(gaps) for environment, gaps in sorted(by_environment.items())}


def lost_share(gaps: Mapping[str, Gaps]) -> float | None:
    """The share of an environment's spans that did not come, as counted; None where nothing was to come."""
    return ratio(sum(each.missing for each in gaps.values()), sum(each.expected for each in gaps.values()))


def news(lost: Lost, said: Mapping[str, Mapping[str, float]]) -> Iterator[SpanLoss]:
    """Commands for the environments whose loss is another than what was `said`."""
    for environment, gaps in lost.items():
        now, before = rates(gaps), said.get(environment, {})
        if any(_differs(now.get(each, 0.0), before.get(each, 0.0)) for each in {**now, **before}):
            yield SpanLoss(environment, now)


def _differs(now: float, before: float) -> bool:
    return now > before or now <= before - WORTH_SAYING or (now == 0.0) is not (before == 0.0)
