"""The header of a record of the flows topic, as JSON.

{"source": [cluster, topic, incarnation, partition], "partitions", "low", "log_time", "at_end",
"low_times": {environment: log time}, "runs": [[environment, run, first, last, suite, [name, value],
...], ...], "tallies"}.
"""

from collections.abc import Mapping
from typing import Any

from monitor.base.run import RunKey
from monitor.base.units import LogTime
from monitor.flows.record import Header, RunSpan, Source


def plain_header(header: Header) -> dict[str, Any]:
    """A header as plain values for JSON."""
    runs = [[*key, run.first, run.last, run.suite, *run.marks] for key, run in header.runs.items()]
    return {
        "source": list(header.source),
        "partitions": header.partitions,
        "low": header.low,
        "log_time": header.log_time,
        "at_end": header.at_end,
        "low_times": dict(header.low_times),
        "runs": runs,
        "tallies": dict(header.tallies),
    }


def header_in(plain: Mapping[str, Any]) -> Header:
    """The header that `plain_header` wrote; whatever else it may be fails by type, key or place."""
    runs = {
        RunKey(environment, run): RunSpan(
            LogTime(first), LogTime(last), suite, tuple((name, value) for name, value in marks)
        )
        for environment, run, first, last, suite, *marks in plain["runs"]
    }
    return Header(
        Source(*plain["source"]),
        plain["partitions"],
        plain["low"],
        LogTime(plain["log_time"]),
        plain["at_end"],
        plain["low_times"],
        runs,
        plain["tallies"],
    )
