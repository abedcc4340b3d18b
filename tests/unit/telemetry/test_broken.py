"""Every anomaly that is counted is reported at a scrape, and explained."""

from monitor.base.clock import ManualClock
from monitor.kafka.client.progress import ObserverProgress
from monitor.service.observers import Observers
from monitor.settings import Settings
from monitor.telemetry.broken import GROUPS, SPANS
from tests.unit.service.test_observers import open_one


def test_what_is_counted_is_what_is_explained() -> None:
    """The observers tell exactly the anomalies of the catalogue, spans and groups each under their metric."""
    observers = Observers(Settings(), ManualClock())
    observer = open_one(observers)
    told = {
        (reading.metric, dict(reading.labels)["anomaly"])
        for reading in observers.readings(ObserverProgress({}, lost=0))
        if "broken" in reading.metric
    }
    expected = {("flowdrift_monitor_broken_spans_total", name) for name in SPANS}
    expected |= {("flowdrift_monitor_broken_groups_total", name) for name in GROUPS}
    assert observer.anomalies and told == expected


def test_meanings_fit_a_table() -> None:
    """Meanings of anomalies are sentences without line breaks and bars."""
    for meaning in (*SPANS.values(), *GROUPS.values()):
        assert meaning.endswith(".") and "|" not in meaning and "\n" not in meaning
