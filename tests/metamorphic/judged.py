"""Two captures through the whole monitor, in process: decode, assemble, read, fold, report.

The folds are those of `flowdrift replay`, but records come as they were exported: their order, sizes and
times are part of what is tested.
"""

from collections.abc import Mapping
from random import Random
from typing import Any

from monitor.drift.policy import Comparison
from monitor.drift.report import Report, build_report
from monitor.pipeline.observe.observer import ObserverSettings, SourceRecord
from monitor.pipeline.offline import Log, compare_records
from monitor.settings import Settings
from monitor.wire.decode import Decoder
from tests.metamorphic.telemetry.capture import Capture
from tests.metamorphic.telemetry.export import records

COMPARISON = "metamorphic"


def judged(reference: Capture, candidate: Capture, settings: Mapping[str, Any], seed: int) -> Report:
    """The report on `candidate` against `reference`; settings: sections as in config/flowdrift.yaml."""
    merged = Settings.model_validate(settings)
    names = {"reference": reference.environment, "candidate": candidate.environment}
    policy = merged.policy.model_copy(update={"comparisons": (Comparison(name=COMPARISON, **names),)})
    observing = ObserverSettings(assembly=merged.assembly, flows=merged.flows)
    logs = [
        _log(side, merged, Random(f"export {seed} {side.environment}")) for side in (reference, candidate)
    ]
    return build_report(compare_records(logs[0], logs[1], observing, policy, lambda _: None), COMPARISON)


def _log(side: Capture, settings: Settings, rng: Random) -> Log:
    """What a topic would hold; the environments are what the caller says, as with `replay`."""
    attribution = settings.attribution.model_copy(update={"environments": {}, "references": ()})
    exported = enumerate(records(side, rng))
    log = (SourceRecord(offset, each.timestamp, each.value) for offset, each in exported)
    return Log(log, Decoder(attribution), "otlp_json")
