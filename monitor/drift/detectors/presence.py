"""Presence: does a trace have what production's traces have, where the question arises?

Two questions about each trait, given that its denominator is there (statistics 1.5): what nearly all of
production has, do the tests have it; what hardly any has, do they not. What lies in between are branches
that tests choose on purpose: they are not judged.
"""

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from typing import Any, Self

from monitor.base.units import LogTime
from monitor.dimensions import partners
from monitor.dimensions.dimension import Dimension, Judged, Presence, Seen
from monitor.dimensions.said import is_said
from monitor.dimensions.trait import Trait
from monitor.dimensions.variant import Variant
from monitor.dimensions.words import counted, more_evidence
from monitor.drift.detectors.own import Own
from monitor.drift.detectors.replaced import Change, replaced
from monitor.drift.detectors.stream import WORTH_A_BOUND, Expected, RateStream, lacking
from monitor.drift.detectors.tolerance import (
    MOST_UNITS,
    NONE_LOST,
    Lost,
    expected,
    hidden,
    is_always,
    is_branch,
    needed,
)
from monitor.drift.signal import Signal, path_signal
from monitor.fingerprints.packing import streams, unpacked_streams
from monitor.fingerprints.snapshot import Counts, Share, Size, Snapshot
from monitor.fingerprints.units import Origin, Unit, presences
from monitor.stats.effects import noise_floor
from monitor.stats.rate import units_to_tell

MOST_STREAMS = 1000
"""Traits of one path and dimension that get a detector: the first ones."""


class PresenceDetector:
    """The detectors of one path's traits in one comparison; created only for traits that need one.

    asked: a unit came to what production always has.
    """

    __slots__ = ("_dimension", "asked", "streams", "units", "updates")

    def __init__(self, dimension: Dimension[Presence]) -> None:
        self._dimension = dimension
        self.streams: dict[Trait, RateStream] = {}
        self.units = 0
        self.updates = 0
        self.asked = False

    def feed(
        self,
        units: Sequence[Unit],
        reference: Snapshot,
        batch: Origin,
        at: LogTime,
        page: float,
        *,
        lost: Lost = NONE_LOST,
        lazily: bool = False,
        followed: Container[tuple[str, str]] = (),
    ) -> list[Own]:
        """Fold the units of one run (or bucket) against production as it was before them.

        page: the evidence at which a stream fires. lost: of the units. lazily: a trait gets a detector when
        units deviate, and keeps it until nothing hints at a drift. followed: (dimension, subject) of what is
        judged though it is a branch. Returns what the units say of each trait.
        """
        judge, counts = self._dimension.evidence, reference.of(self._dimension.name)
        production = counts.shares.get(self._dimension.name, {})
        owns = []
        for trait in self._watched(units, counts):
            known = counts.share(trait)
            xs, cases = presences(units, trait) if known.traces > 0 else ((), 0)
            branch = is_branch(known, judge) and self._about(trait) not in followed
            branch = branch or not judge.arises(trait, production)
            if branch and trait in self.streams:
                self.streams[trait].begin_anew()
            if xs and known.traces > 0 and not branch:
                self.asked = self.asked or is_always(known, judge)
                tolerated = expected(known, judge, hidden(trait, judge, lost))
                usual = lazily and all(map(tolerated.allows, xs))
                stream = self.streams.get(trait) if usual else self._stream(trait, known, tolerated, lazily)
                if stream is not None:
                    stream.feed(xs, tolerated, batch, at, page, cases)
                    self.updates += len(xs)
                owns.append(Own(trait, known, tolerated, xs, cases, stream.bet if stream else 1.0))
            if lazily and trait in self.streams and self.streams[trait].quiet:
                del self.streams[trait]
        self.units += len(units)
        return owns

    def _about(self, trait: Trait) -> tuple[str, str]:
        return self._dimension.name, self._dimension.subject(trait)

    def _watched(self, units: Iterable[Unit], counts: Counts) -> Iterable[Trait]:
        """Traits production always has, traits already watched, traits these units bring."""
        name, judge = self._dimension.name, self._dimension.evidence
        always = (trait for trait, known in counts.shares.get(name, {}).items() if is_always(known, judge))
        brought = (trait for unit in units for trait in unit.traits(name))
        return dict.fromkeys((*always, *self.streams, *brought))

    def _stream(self, trait: Trait, known: Share, tolerated: Expected, lazily: bool) -> RateStream | None:
        stream = self.streams.get(trait)
        if stream is None and len(self.streams) < MOST_STREAMS:
            stream = self.streams[trait] = RateStream()
            judge = self._dimension.evidence
            always = is_always(known, judge)
            if (lazily or not always) and not is_branch(known, judge):
                stream.detector.skipped(self.units, float(always), *tolerated.null)
        return stream

    @property
    def differs(self) -> bool:
        """Whether a trait is known, or suspected, to be missing or extra."""
        return any(each.firing or each.detector.evidence >= WORTH_A_BOUND for each in self.streams.values())

    def signals(
        self, outcome: str, reference: Snapshot, warn: float, lost: Lost = NONE_LOST
    ) -> Iterator[Signal]:
        """One signal that speaks for the path, then one per subject that is watched.

        warn: evidence to be reached. lost: as in `feed`.
        """
        counts = reference.of(self._dimension.name)
        known = counts.shares.get(self._dimension.name)
        if self._dimension.only_where_known and not known and not self.streams:
            return
        yield self._power(outcome, counts, warn, lost)
        made = (
            (trait, self._signal(outcome, trait, each, counts, warn, lost))
            for trait, each in self.streams.items()
        )
        signals = {trait: signal for trait, signal in made if signal}
        stands = replaced(self._changes(signals, counts))
        found: dict[str, dict[Trait, Signal]] = {}
        for trait, signal in signals.items():
            found.setdefault(signals[stands.get(trait, trait)].subject, {})[trait] = signal
        yield from (self._strongest(about, counts, warn) for about in found.values())

    def _changes(self, signals: Mapping[Trait, Signal], counts: Counts) -> Iterator[Change]:
        """What differs beyond the tolerance."""
        for trait, signal in signals.items():
            mean = self.streams[trait].mean
            if signal.beyond and mean is not None:
                yield Change(self._dimension, trait, counts.share(trait).present > 0, mean)

    def _strongest(self, about: Mapping[Trait, Signal], counts: Counts, warn: float) -> Signal:
        """Of all signals about one subject the one that speaks: what is missing before what is new."""

        def strength(trait: Trait) -> tuple[Any, ...]:
            signal = about[trait]
            missing = counts.share(trait).present > 0
            return (signal.firing, missing and signal.beyond, signal.evidence, signal.effect)

        *others, trait = sorted(about, key=strength)
        signal = about[trait]
        beside = tuple([other for other in others if about[other].beyond])
        if not beside or not signal.beyond:
            return signal
        seen = self._seen(trait, counts, warn)._replace(others=beside)
        return signal._replace(says=self._dimension.says(trait, seen), seen_by="")

    def _seen(self, trait: Trait, counts: Counts, warn: float) -> Seen:
        known, stream = counts.share(trait), self.streams[trait]
        rate = known.present / known.traces if known.traces else 0.0
        found = stream.firing or stream.detector.evidence >= warn
        shown_in, services = stream.shown_in(found=found), partners(trait, counts.shares)
        return Seen(rate, round(known.traces), stream.mean, stream.units, shown_in, services=services)

    def _power(self, outcome: str, counts: Counts, warn: float, lost: Lost) -> Signal:
        dimension = self._dimension
        known = counts.shares.get(dimension.name, {})
        worst = max((hidden(trait, dimension.evidence, lost) for trait in known), default=0.0)
        enough = needed(counts.size, dimension.evidence, warn, worst)
        missing = lacking(enough, self.units, MOST_UNITS)
        traces = round(counts.size.traces)
        says, seen_by = self._says_power(missing, enough, counts, worst), ""
        if not missing and (unasked := self._unasked(counts)):
            about = dimension.subject(unasked)
            says = f"The tests never come to '{unasked.given}', so nothing is known of '{about}'."
            seen_by = unasked.given.service if unasked.given else ""
            missing = 1
        elif not missing and not self.asked and self._asks_pairs(known):
            says = "The tests never come to what production always does here: nothing is known of it."
            missing = 1
        elif not missing and (doubt := self._doubted(counts, warn, lost)):
            trait, missing = doubt
            about = dimension.subject(trait)
            says = f"'{about}' is not as in production, as far as is seen. {more_evidence(missing, 'path')}"
        about_path = (dimension.name, dimension.severity, outcome)
        return path_signal(*about_path, traces, self.units, missing, says, seen_by)

    def _unasked(self, counts: Counts) -> Trait | None:
        """What production always has, where nearly all of its traces ask for it and no unit ever did."""
        if len(self.streams) >= MOST_STREAMS or not self._dimension.decides_gate:
            return None
        judge = self._dimension.evidence
        for trait, known in counts.shares.get(self._dimension.name, {}).items():
            if trait not in self.streams and is_always(known, judge) and not is_said(trait.given):
                asked = Share(counts.size_of(trait.given).traces, *counts.size)
                if is_always(asked, judge):
                    return trait
        return None

    def _asks_pairs(self, known: Mapping[Trait, Share]) -> bool:
        """Whether production always has something, beside its calls, of which tests may not say enough."""
        judge = self._dimension.evidence
        is_beside = judge.of is not Variant or self._dimension.only_where_known
        return is_beside and any(is_always(each, judge) for each in known.values())

    def _doubted(self, counts: Counts, warn: float, lost: Lost) -> tuple[Trait, int] | None:
        """What production always has and tests seem not to, if too few units came to it; how many more."""
        judge = self._dimension.evidence
        for trait, stream in self.streams.items():
            known = counts.share(trait)
            hides = hidden(trait, judge, lost)
            if stream.mean is None or not is_always(known, judge):
                continue
            if not expected(known, judge, hides).allows(stream.mean):
                enough = needed(Size(known.traces, known.weighted), judge, warn, hides)
                if missing := lacking(enough, stream.detector.units, MOST_UNITS):
                    return trait, missing
        return None

    def _says_power(self, missing: int, enough: int, counts: Counts, lost: float) -> str:
        if lost == 1.0:
            return "Too many spans get lost on the way: no call can be said to be missing."
        if enough > MOST_UNITS:
            traces = round(counts.size.traces)
            known = counted(traces, "complete trace") if traces else "no complete trace"
            return f"The reference has {known} of this path: too few for a verdict."
        return more_evidence(missing, "path") if missing else self._dimension.claims(self._judged(counts))

    def _judged(self, counts: Counts) -> Judged:
        judge = self._dimension.evidence
        known = counts.shares.get(self._dimension.name, {})
        shares = {trait: share for trait, share in known.items() if judge.arises(trait, known)}
        always = sum(trait in self.streams and is_always(share, judge) for trait, share in shares.items())
        return Judged(always, sum(is_branch(known, judge) for known in shares.values()), len(shares))

    def _signal(
        self, outcome: str, trait: Trait, stream: RateStream, counts: Counts, warn: float, lost: Lost
    ) -> Signal | None:
        known, mean, judge = counts.share(trait), stream.mean, self._dimension.evidence
        if mean is None or not (known.traces or stream.witness):
            return None
        if known.traces or not stream.witness:
            bounds = expected(known, judge, hidden(trait, judge, lost))
        else:
            bounds = stream.witness.expected
        return Signal(
            outcome=outcome,
            dimension=self._dimension.name,
            severity=self._dimension.severity,
            subject=self._dimension.subject(trait),
            service=trait.service,
            effect=abs(bounds.prior - mean),
            noise_floor=noise_floor(2, stream.units),
            evidence=stream.detector.evidence,
            beyond=not bounds.allows(mean),
            reference_n=round(known.traces),
            candidate_n=stream.units,
            missing=0,
            firing=stream.firing,
            lower_bound=stream.lower_bound,
            onset=stream.onset,
            says=self._dimension.says(trait, self._seen(trait, counts, warn)),
            seen_by=judge.seen_by(trait) if mean < bounds.low else "",
            new_in=stream.origin if _is_new(stream, mean, bounds, warn) else None,
        )

    def pack(self) -> dict[str, Any]:
        """Plain values for JSON."""
        asked = {"asked": True} if self.asked else {}
        return {"units": self.units, "updates": self.updates, **asked, **streams(self.streams)}

    @classmethod
    def unpack(cls, dimension: Dimension[Presence], plain: Mapping[str, Any]) -> Self:
        """The detectors that `pack` packed."""
        detector = cls(dimension)
        detector.units, detector.updates = plain["units"], plain["updates"]
        detector.asked = plain.get("asked", False)
        detector.streams = unpacked_streams(dimension.name, plain, RateStream.unpack)
        return detector


def _is_new(stream: RateStream, mean: float, bounds: Expected, warn: float) -> bool:
    """Whether enough units were without the effect before the onset that it would have been found."""
    if bounds.allows(mean):
        return False
    return stream.detector.units - stream.units >= units_to_tell(mean > bounds.high, *bounds.null, warn)
