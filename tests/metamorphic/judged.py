"""A capture through the observer, in process: decode, assemble, read; and two of them through the auditor.

The folds are those of `flowdrift replay`, but records come as they were exported: their order, sizes and
times are part of what is tested.
"""

from collections.abc import Mapping
from random import Random
from typing import Any

from monitor.drift.policy import Comparison, Policy
from monitor.drift.report import Report, build_report
from monitor.pipeline import offline
from monitor.pipeline.observe.observer import ObserverSettings, SourceRecord
from monitor.pipeline.offline import Log, Observed
from monitor.settings import Settings
from monitor.wire.decode import Decoder
from tests.metamorphic.telemetry.capture import PRODUCTION, TESTS, Capture
from tests.metamorphic.telemetry.export import records

COMPARISON = "metamorphic"


def observed(side: Capture, settings: Mapping[str, Any], seed: int) -> Observed:
    """The flows of one side; settings: sections as in config/flowdrift.yaml."""
    merged = Settings.model_validate(settings)
    log = _log(side, merged, Random(f"export {seed} {side.environment}"))
    observing = ObserverSettings(assembly=merged.assembly, flows=merged.flows)
    flows, silence = offline.observed(side.environment, log, observing, _policy(merged))
    return Observed(tuple(flows), tuple(silence))


def judged(reference: Observed, candidate: Observed, settings: Mapping[str, Any]) -> Report:
    """The report on `candidate` against `reference`."""
    policy = _policy(Settings.model_validate(settings))
    return build_report(offline.judged((reference, candidate), policy, lambda _: None), COMPARISON)


def _policy(settings: Settings) -> Policy:
    comparison = Comparison(name=COMPARISON, reference=PRODUCTION, candidate=TESTS)
    return settings.policy.model_copy(update={"comparisons": (comparison,)})


def _log(side: Capture, settings: Settings, rng: Random) -> Log:
    """What a topic would hold; the environments are what the caller says, as with `replay`."""
    attribution = settings.attribution.model_copy(update={"environments": {}, "references": ()})
    exported = enumerate(records(side, rng))
    log = (SourceRecord(offset, each.timestamp, each.value) for offset, each in exported)
    return Log(log, Decoder(attribution), "otlp_json")
