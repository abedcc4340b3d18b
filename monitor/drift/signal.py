"""The signal: what the statistic of one (path, dimension, subject) says, before anybody judges it."""

from typing import Literal, NamedTuple

import msgspec

from monitor.base.units import LogTime
from monitor.dimensions.dimension import Severity
from monitor.fingerprints.units import Origin
from monitor.stats.effects import noise_floor


class Signal(NamedTuple):
    """Effect and evidence about one subject.

    outcome: of the path ('' where the whole flow is meant). subject: what differs ('' speaks for the whole
    path); service: whose behaviour it is. effect: 0..1;
    noise_floor: the effect that pure chance shows at this size; lower_bound: the effect that is proven;
    evidence: M of the detector; beyond:
    the effect lies outside the tolerance. reference_n: production traces behind the expectation;
    candidate_n: evidence units; missing: units that are still needed before silence means 'ok'.
    firing: the stream fired and is not over. says: the finding as a sentence. new_in: where the
    units of the onset come from, if enough units were without the effect before it. seen_by: the service
    without whose spans nothing is known of it ('' where another one's spans stand in their place).
    """

    outcome: str
    dimension: str
    severity: Severity
    subject: str
    service: str
    effect: float
    noise_floor: float
    evidence: float
    beyond: bool
    reference_n: int
    candidate_n: int
    missing: int
    firing: bool
    onset: LogTime | None
    says: str
    new_in: Origin | None = None
    lower_bound: float = 0.0
    seen_by: str = ""


def path_signal(
    dimension: str,
    severity: Severity,
    outcome: str,
    reference_n: int,
    units: int,
    missing: int,
    says: str,
    seen_by: str = "",
) -> Signal:
    """The signal that speaks for a whole path: no finding, but whether there was power to find one."""
    return Signal(
        outcome=outcome,
        dimension=dimension,
        severity=severity,
        subject="",
        service="",
        effect=0.0,
        noise_floor=noise_floor(2, units),
        evidence=0.0,
        beyond=False,
        reference_n=reference_n,
        candidate_n=units,
        missing=missing,
        firing=False,
        onset=None,
        says=says,
        seen_by=seen_by,
    )


class Slow(msgspec.Struct, frozen=True, array_like=True):
    """How far the times of a service are off in a flow: of its own work (asks: None), or of its calls.

    asks: the service that answers, '' for what sends no spans. units: evidence units of all that is timed.
    off: sum over these of 0..1, 0 where there is no evidence.
    """

    service: str
    asks: str | None
    units: int
    off: float


Mover = Literal["reference", "candidate", "both", "unknown"]
"""Which side changed."""


class Movement(NamedTuple):
    """Who made a gap (`reference`, `candidate`, `both`, `unknown`), with which version or run; a sentence."""

    who: Mover = "unknown"
    began_with: str = ""
    says: str = ""


STILL = Movement()
"""Nobody is known to have moved."""
