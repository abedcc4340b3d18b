"""The stage that writes the spans of source topics to the rekeyed topic."""

from functools import partial

from monitor.kafka.client.topics import Names
from monitor.kafka.observer.stage import Stage
from monitor.kafka.rekey.pacing import follow
from monitor.kafka.rekey.partition import RekeyedPartition
from monitor.pipeline.rekey.pace import Pace


def rekeying(names: Names) -> Stage:
    """Spans to the rekeyed topic, from where observers had come to before it was turned on."""
    pace = Pace()
    return Stage(
        names.rekey,
        names.observer,
        names.rekeyed,
        partial(RekeyedPartition, pace),
        partial(follow, pace, names.rekey),
    )
