"""Two captures through the whole monitor, in process: decode, assemble, read, fold, report.

The folds are those of `flowdrift replay`, but records come as they were exported: their order, sizes and
times are part of what is tested.
"""

from collections.abc import Mapping
from random import Random
from typing import Any

from monitor.drift.policy import Comparison
from monitor.drift.report import Report, build_report
from monitor.flows.record import Source
from monitor.pipeline.observer import ObserverSettings, SourceObserver, SourceRecord
from monitor.pipeline.offline import _Offline
from monitor.settings import Settings
from monitor.wire.decode import Decoder
from tests.metamorphic.telemetry.capture import Capture
from tests.metamorphic.telemetry.export import Record, records

COMPARISON = "metamorphic"
PUBLISH_EVERY = 64
"""Records folded before their flows are handed over: any number gives the same report."""


def judged(reference: Capture, candidate: Capture, settings: Mapping[str, Any], seed: int) -> Report:
    """The report on `candidate` against `reference`; settings: sections as in config/flowdrift.yaml."""
    merged = Settings.model_validate(settings)
    comparison = Comparison(name=COMPARISON, reference=reference.environment, candidate=candidate.environment)
    policy = merged.policy.model_copy(update={"comparisons": (comparison,)})
    fold = _Fold(policy, 1, lambda *_: None)
    sides = [
        fold.side(each, merged, Random(f"export {seed} {each.environment}"))
        for each in (reference, candidate)
    ]
    fold.end(sides, policy)
    return build_report(fold.records(), COMPARISON)


class _Fold(_Offline):
    """The offline fold, fed with records."""

    def side(self, capture: Capture, settings: Settings, rng: Random) -> SourceObserver:
        """Fold all records of one side through an observer of its own."""
        decoder = Decoder(settings.attribution.model_copy(update={"environments": {}, "references": ()}))
        observer = SourceObserver(
            Source("metamorphic", capture.environment, "0", 0),
            decoder,
            ObserverSettings(assembly=settings.assembly, flows=settings.flows),
            start=0,
            targets=1,
            fresh=False,
            encoding="otlp_json",
            environment=capture.environment,
            guarded=False,
        )
        for number, record in enumerate(records(capture, rng)):
            observer.fold(_as_source(number, record))
            if number % PUBLISH_EVERY == 0:
                self._hand_over(observer, at_end=False)
        observer.close_all()
        self._hand_over(observer, at_end=True)
        return observer


def _as_source(number: int, record: Record) -> SourceRecord:
    return SourceRecord(number, record.timestamp, record.value)
