"""Metrics of how traces are broken, and what each anomaly means; deploy/metrics.md ends with these tables."""

from collections.abc import Mapping

from monitor.telemetry.metric import Kind, Metric

SPANS: Mapping[str, str] = {
    "conflicting_copy": "It has the id of a span that is open and says something else; the first one read "
    "stays. Look for a service that makes ids without enough randomness.",
    "implausible_time": "It began before 2000 or after 2099, or took over 30 days; such a duration is taken "
    "as 0. Look for times in another unit than nanoseconds, or an exporter that leaves them out.",
    "invalid_id": "Left out: its trace id is not 16 bytes or its span id not 8, or all are zero. Mend the "
    "instrumentation.",
    "invalid_parent": "Its parent id is not 8 bytes: taken as a root.",
    "negative_duration": "It ends before it starts: the duration is taken as 0. Mend the host's clock.",
    "no_kind": "It has no span kind, so that it is never taken as an entry. Upgrade the instrumentation.",
    "no_service": "Its resource names no service; all such are one service here. Set OTEL_SERVICE_NAME.",
    "self_parent": "It names itself as its parent: taken as a root.",
    "shared_id": "It has its caller's span id, as Zipkin's servers have: taken as called by it.",
    "unsafe_name": "Its name or service had control characters, direction marks or bytes that are no UTF-8; "
    "each became U+FFFD.",
}
"""Anomaly of a span -> what it means, what becomes of the span, what to do."""

GROUPS: Mapping[str, str] = {
    "cyclic": "Its spans name each other as parents. Incomplete: counted, no evidence for 'absent'.",
    "inner_left_out": "Entries of `flows.inner` nested so deeply in one group that no row was made of them. "
    "Name fewer operations there.",
    "missing_parent": "The parent of its top never came. Usual where the caller sends no spans, such as load "
    "generators and browsers; otherwise spans are lost, or one trace lies on several partitions.",
    "orphaned": "As missing_parent, and its top has no kind. Incomplete.",
    "several_roots": "It has no parent, and neither had another group of its trace: each is a flow.",
    "split": "It came after a group that waited for one of its spans was closed. Incomplete. Raise "
    "`assembly.orphan_wait`, or the exporters' flush rate.",
    "unfinished": "As missing_parent, and its top is a part of something else in its service: no flow and no "
    "traffic. Usual of streams, sockets, workflows and slow jobs, whose spans end late; otherwise its parent "
    "is lost.",
    "truncated": "It reached `assembly.max_age` or `assembly.max_spans`. Incomplete; the rest is late.",
}
"""Anomaly of a group of spans -> what it means, what becomes of the group, what to do."""

_REMEDY = "Look the anomaly up in the table at the end of deploy/metrics.md."

BROKEN: tuple[Metric, ...] = (
    Metric(
        "flowdrift_monitor_broken_spans_total",
        Kind.COUNTER,
        ("anomaly",),
        "spans",
        "Spans with something odd about them; one may count under several anomalies.",
        _REMEDY,
        values=tuple(SPANS),
    ),
    Metric(
        "flowdrift_monitor_broken_groups_total",
        Kind.COUNTER,
        ("anomaly",),
        "groups",
        "Groups of spans with something odd about their tree; one may count under several anomalies.",
        _REMEDY,
        values=tuple(GROUPS),
    ),
)
"""Counted by the decoder, the assembler and the reader; nothing of it stops the monitor."""
