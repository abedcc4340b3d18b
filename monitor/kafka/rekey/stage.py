"""The stage that writes the spans of source topics to the rekeyed topic."""

from monitor.kafka.client.topics import Names
from monitor.kafka.observer.stage import Stage
from monitor.kafka.rekey.partition import RekeyedPartition


def rekeying(names: Names) -> Stage:
    """Spans to the rekeyed topic, from where observers had come to before it was turned on."""
    return Stage(names.rekey, names.observer, names.rekeyed, RekeyedPartition)
