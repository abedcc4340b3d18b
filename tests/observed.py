"""OTLP requests through decoding, assembly and reading: the flows that the observer makes of them."""

from collections.abc import Iterable
from itertools import count
from typing import Any

from monitor.flows.codec import decode
from monitor.flows.flow import Flow
from monitor.flows.record import Source
from monitor.pipeline.observe.observer import ObserverSettings, SourceObserver, SourceRecord
from monitor.settings import Settings
from monitor.wire.decode import Decoder

BEGIN_MS = 1_700_000_000_000


def observed(
    exports: Iterable[bytes],
    encoding: str = "otlp_proto",
    seconds: Iterable[int] | None = None,
    **settings: Any,
) -> list[Flow]:
    """The flows of all requests: one record each, at these seconds, else one after the other; idle between.

    `settings`: as in a configuration.
    """
    configured = Settings(**settings)
    observer = SourceObserver(
        Source("main", "otlp_spans", "1", 0),
        Decoder(configured.attribution),
        ObserverSettings(assembly=configured.assembly, flows=configured.flows),
        start=0,
        targets=1,
        fresh=False,
        encoding=encoding,
    )
    before = 0
    for offset, (value, second) in enumerate(zip(exports, seconds or count(), strict=False)):
        for _ in range(before + 1, second):
            observer.idle(1_000)
        before = second
        observer.fold(SourceRecord(offset, BEGIN_MS + 1_000 * second, value))
    observer.close_all()
    assert observer.rejected == []
    return [flow for _, value in observer.outgoing(True, 1, heartbeat=True) for flow in decode(value).flows]
