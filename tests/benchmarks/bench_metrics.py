"""What /metrics costs with 10,000 series at 50 scrapes a second: time of a scrape, share of a core.

`python -m tests.benchmarks.bench_metrics` prints both. Whoever scrapes is a process of its own; the share is
that of the process that serves, which does nothing else.
"""

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from time import monotonic, process_time

from monitor.base.clock import SystemClock
from monitor.publish.exposition import Exposition
from monitor.publish.server import bind, serve
from monitor.telemetry.readings import Reading
from tests.unit.publish.bench import Bench

SERIES, SCRAPES, PER_SECOND = 10_000, 1_000, 50
DIMENSIONS = ("structure", "dependency", "fanout", "outcome", "coverage")


def readings() -> Iterator[Reading]:
    """Scores of flows in each dimension."""
    for flow in range(SERIES // len(DIMENSIONS)):
        for dimension in DIMENSIONS:
            labels = ("comparison", "c"), ("flow", f"shop GET /orders/{flow}"), ("dimension", dimension)
            yield Reading("flowdrift_drift_score", 0.5, labels)


async def scrape(port: int) -> float:
    """Seconds until the whole page is read."""
    began = monotonic()
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    assert len(await reader.read()) > SERIES
    writer.close()
    return monotonic() - began


async def scrapes(port: int) -> None:
    """Print how long they took, in milliseconds."""
    began, took = monotonic(), []
    for number in range(SCRAPES):
        await asyncio.sleep(began + number / PER_SECOND - monotonic())
        took.append(1000 * await scrape(port))
    half, most = sorted(took)[SCRAPES // 2], sorted(took)[SCRAPES * 99 // 100]
    print(
        f"a scrape: median {half:.1f} ms, p99 {most:.1f} ms; {SCRAPES / (monotonic() - began):.0f} a second"
    )


async def served() -> None:
    """Print which share of a core serving took while a child scraped."""
    stop, listener = asyncio.Event(), bind("probes", "127.0.0.1", 0)
    exposition = Exposition([readings], SystemClock())
    server = asyncio.create_task(serve(Bench(api=False, exposition=exposition).app, listener, stop))
    port = listener.getsockname()[1]
    await scrape(port)
    began, worked = monotonic(), process_time()
    command = [sys.executable, "-m", __spec__.name, str(port)]
    await asyncio.to_thread(subprocess.run, command, check=True)
    print(f"serving: {100 * (process_time() - worked) / (monotonic() - began):.1f} % of a core")
    stop.set()
    await server


if __name__ == "__main__":
    asyncio.run(scrapes(int(sys.argv[1])) if sys.argv[1:] else served())
