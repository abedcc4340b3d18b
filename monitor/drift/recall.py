"""Recall: which share of the failures of production the tests had shown before, or show now.

A signature counts while production has shown it within the retention, if the tests' telemetry could have
shown it, too. Plain, each counts once; weighted, as often as production failed so. Client errors are apart.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from statistics import median
from typing import Any

import msgspec
from msgspec.structs import replace

from monitor.base.moments import milliseconds, rfc3339
from monitor.base.units import UNIT_WEIGHT, LogTime
from monitor.drift.records.failure import IN_NO_TEST, MOMENTS, NOT_JUDGED, FailureKind, Gap, Standing
from monitor.drift.records.flow import FlowVerdicts
from monitor.stats.interval import clopper_pearson

TAIL = 0.025
"""Each end of an interval is on the wrong side with at most this probability."""
LISTED = 100
"""Signatures of one report, and services, releases and seams, at most."""
BANDS = (
    "one stage of testing finds 35 to 50 % of the defects that are there, the best organisations over 95 % "
    "in all stages together (C. Jones, Software Defect-Removal Efficiency, IEEE Computer 29(4), 1996)"
)
"""What other people reach, to hold a ratio against."""


class Share(msgspec.Struct, frozen=True, kw_only=True):
    """Of so many signatures tests showed `recalled`; None where there is none.

    low, high: the ratio lies between them with 95 % confidence, as few signatures say little. weighted: by
    failures.
    """

    recalled: int = 0
    signatures: int = 0
    ratio: float | None = None
    low: float = 0.0
    high: float = 1.0
    weighted: float | None = None


class ShareOf(Share, frozen=True, kw_only=True):
    """The share of what failed in one service, or with one release (`payments 2.4.0`)."""

    name: str


class Seam(msgspec.Struct, frozen=True):
    """Between two services: traces of production that failed there as no test has shown."""

    caller: str
    callee: str
    traces: float


class Recall(Share, frozen=True, kw_only=True):
    """Recall of one comparison.

    open: escaped or regressed. oldest: since when (log time) the oldest of them is. unjudged: no test could
    have shown them. left_out: traces that failed, of signatures for which there was no room. to_reproduced_ms
    and to_guarded_ms: medians from the first failure in production. client_errors: the share of those.
    escapes: signatures that are not stale, client errors too, at most LISTED: open ones first, then those
    that fail most. all_open, all_listable: how many of them there are in all, open ones and all.
    """

    open: int = 0
    oldest: LogTime | None = None
    unjudged: int = 0
    stale: int = 0
    left_out: int = 0
    to_reproduced_ms: float | None = None
    to_guarded_ms: float | None = None
    client_errors: Share = Share()
    services: tuple[ShareOf, ...] = ()
    releases: tuple[ShareOf, ...] = ()
    seams: tuple[Seam, ...] = ()
    escapes: tuple[FailureKind, ...] = ()
    all_open: int = 0
    all_listable: int = 0


def recall_of(flows: Sequence[FlowVerdicts]) -> Recall:
    """Recall over the flows of a comparison."""
    every = kinds_of(flows)
    failed = [each for each in every if each.outcome == "failed"]
    is_open = [each for each in failed if each.state.is_open]
    listable = [each for each in every if each.state is not Standing.STALE]
    shown = [each for each in failed if each.shown is not None and each.shown > each.first]
    guarded = [each for each in failed if each.guarded is not None and each.guarded > each.first]
    return Recall(
        **msgspec.structs.asdict(share_of(failed)),
        open=len(is_open),
        oldest=min((each.since for each in is_open), default=None),
        unjudged=sum(each.state is Standing.UNJUDGED for each in failed),
        stale=sum(each.state is Standing.STALE for each in failed),
        left_out=sum(flow.failures_left_out for flow in flows),
        to_reproduced_ms=_median((each.shown or 0) - each.first for each in shown),
        to_guarded_ms=_median((each.guarded or 0) - each.first for each in guarded),
        client_errors=share_of([each for each in every if each.outcome != "failed"]),
        services=_by(failed, lambda each: [each.service]),
        releases=_by(failed, lambda each: [f"{each.service} {version}" for version in each.versions]),
        seams=_seams(is_open),
        escapes=tuple(listable[:LISTED]),
        all_open=sum(each.state.is_open for each in listable),
        all_listable=len(listable),
    )


def kinds_of(flows: Sequence[FlowVerdicts]) -> list[FailureKind]:
    """All signatures of a comparison, open ones first, then those that fail most."""
    return sorted(_judged(flows), key=lambda each: (not each.state.is_open, -each.weight, each.id))


def plain_kind(kind: FailureKind) -> dict[str, Any]:
    """For JSON: moments are texts, as RFC 3339 has them."""
    plain: dict[str, Any] = msgspec.to_builtins(kind)
    return plain | {name: rfc3339(plain[name]) for name in MOMENTS}


def plain_recall(recall: Recall) -> dict[str, Any]:
    """The same of all."""
    plain: dict[str, Any] = msgspec.to_builtins(recall)
    escapes = [plain_kind(kind) for kind in recall.escapes]
    return plain | {"oldest": rfc3339(recall.oldest), "escapes": escapes}


def kind_in(plain: Mapping[str, Any]) -> FailureKind:
    """The signature that `plain_kind` made plain; msgspec.ValidationError, ValueError where it is none."""
    said = {name: milliseconds(plain[name]) for name in MOMENTS if plain.get(name) is not None}
    return msgspec.convert({**plain, **said}, FailureKind)


def recall_in(plain: Mapping[str, Any]) -> Recall:
    """The recall that `plain_recall` made plain; raises as `kind_in`."""
    oldest = plain.get("oldest")
    escapes = tuple(kind_in(each) for each in plain.get("escapes", ()))
    said = {**plain, "oldest": None if oldest is None else milliseconds(oldest), "escapes": ()}
    return replace(msgspec.convert(said, Recall), escapes=escapes)


def share_of(kinds: Iterable[FailureKind]) -> Share:
    """Which share of these tests have shown, of those that count."""
    counted = [each for each in kinds if each.state.counts]
    if not counted:
        return Share()
    recalled = [each for each in counted if each.state.is_recalled]
    low, high = clopper_pearson(len(recalled), len(counted), TAIL)
    weight = sum(each.weight for each in counted)
    return Share(
        recalled=len(recalled),
        signatures=len(counted),
        ratio=round(len(recalled) / len(counted), 6),
        low=round(low, 6),
        high=round(high, 6),
        weighted=round(sum(each.weight for each in recalled) / weight, 6) if weight else None,
    )


def _judged(flows: Sequence[FlowVerdicts]) -> Iterable[FailureKind]:
    """Every kind; what fails in a service that sends no telemetry in any test has not escaped them.

    Nor has anything where no test has been seen at all.
    """
    shown = {service for flow in flows for service in flow.services}
    for kind in (kind for flow in flows for kind in flow.failures):
        silent = kind.gap is Gap.SILENT and kind.service not in shown
        unseen = kind.state is Standing.ESCAPED and (silent or not shown)
        yield _unjudged(kind) if unseen else kind


def _unjudged(kind: FailureKind) -> FailureKind:
    return replace(kind, state=Standing.UNJUDGED, says=kind.says.replace(IN_NO_TEST, NOT_JUDGED))


def _median(times: Iterable[int]) -> float | None:
    known = list(times)
    return median(known) if known else None


def _by(kinds: Sequence[FailureKind], names: Callable[[FailureKind], Iterable[str]]) -> tuple[ShareOf, ...]:
    """The shares of groups, those with the most that is open first."""
    groups: dict[str, list[FailureKind]] = {}
    for kind in kinds:
        for name in names(kind):
            groups.setdefault(name, []).append(kind)
    shares = (ShareOf(name=name, **msgspec.structs.asdict(share_of(each))) for name, each in groups.items())
    ranked = sorted(shares, key=lambda each: (each.recalled - each.signatures, each.name))
    return tuple([each for each in ranked if each.signatures][:LISTED])


def _seams(kinds: Iterable[FailureKind]) -> tuple[Seam, ...]:
    weights: Counter[tuple[str, str]] = Counter()
    for kind in kinds:
        if kind.callee:
            weights[kind.caller, kind.callee] += kind.weight
    ranked = sorted(weights.items(), key=lambda each: (-each[1], each[0]))
    return tuple([Seam(*names, weight / UNIT_WEIGHT) for names, weight in ranked[:LISTED]])
