"""Every metric of /metrics, declared once: name, kind, labels, unit, meaning and remedy.

The exposition refuses what does not stand here, `deploy/metrics.md` is made from it, and the alert rules and
dashboards are checked against it. Units are base units (seconds, bytes, flows); counters end in `_total`.

Replicas: a process exports what it owns, so that `sum` over replicas is the fleet's number. The product
metrics come from the compacted verdicts topic, which every `api` process holds in full: aggregate those
with `max` (the recording rules and alerts in deploy/ do).
"""

from monitor.telemetry.broken import BROKEN
from monitor.telemetry.metric import PREFIX, SELF, Kind, Metric, Scope
from monitor.telemetry.product import PRODUCT

__all__ = ["BY_NAME", "INGEST", "METRICS", "PREFIX", "PRODUCT", "SELF", "STANDING", "Kind", "Metric", "Scope"]

INGEST: tuple[Metric, ...] = (
    Metric(
        "flowdrift_monitor_spans_total",
        Kind.COUNTER,
        (),
        "spans",
        "Spans decoded from the source topics, repeats included.",
        "If it stands still, no telemetry arrives: see FlowdriftBlind in the runbook.",
    ),
    Metric(
        "flowdrift_monitor_records_total",
        Kind.COUNTER,
        (),
        "records",
        "Kafka records read from the source topics, and from the rekeyed topic where there is one.",
        "If it stands still while the lag grows, the source is stuck: see FlowdriftLagging in the runbook.",
    ),
    Metric(
        "flowdrift_monitor_bytes_total",
        Kind.COUNTER,
        (),
        "bytes",
        "Bytes of the values of those records, after decompression.",
        "Use it to size the network and the processes.",
    ),
    Metric(
        "flowdrift_monitor_rejected_total",
        Kind.COUNTER,
        ("reason",),
        "records",
        "Records that could not be decoded and were skipped, by reason.",
        "Check `kafka.traces.encoding`; the log names topic, partition and offset of each.",
    ),
    Metric(
        "flowdrift_monitor_late_spans_total",
        Kind.COUNTER,
        (),
        "spans",
        "Spans that came after their flow was closed; counted, never added.",
        "If it is more than a few percent, raise `assembly.quiet_gap` or the exporters' flush rate.",
    ),
    Metric(
        "flowdrift_monitor_duplicate_spans_total",
        Kind.COUNTER,
        (),
        "spans",
        "Spans seen before, as collectors send them after a retry; counted once.",
        "If it is more than a few percent, look for two pipelines that export the same spans.",
    ),
    Metric(
        "flowdrift_monitor_cut_fragments_total",
        Kind.COUNTER,
        (),
        "fragments",
        "Groups of spans that began before reading did, and are no evidence.",
        "Grows only after a first start or a hole; otherwise set `assembly.max_age` above the longest flow.",
    ),
    Metric(
        "flowdrift_monitor_ignored_flows_total",
        Kind.COUNTER,
        (),
        "flows",
        "Probes, scrapes, crawlers and the like, by `flows.ignore`: no flows, and in no coverage.",
        "Exempt what is real traffic with `flows.ignore.keep`, or take its kind out of `flows.ignore.kinds`.",
    ),
    Metric(
        "flowdrift_monitor_records_lost_total",
        Kind.COUNTER,
        (),
        "records",
        "Records that the source topics dropped by retention before they were read.",
        "Raise the topics' retention or add observers: see FlowdriftRecordsLost in the runbook.",
    ),
    Metric(
        "flowdrift_monitor_log_time_steps_total",
        Kind.COUNTER,
        ("direction",),
        "steps",
        "Jumps of a partition's log time that the guards accepted.",
        "Set `message.timestamp.type=LogAppendTime` on the source topics, or mend the producers' clocks.",
        values=("forward", "back"),
    ),
    Metric(
        "flowdrift_monitor_repeated_records_total",
        Kind.COUNTER,
        (),
        "records",
        "Records of the rekeyed topic that a restarted worker had sent before; passed.",
        "Nothing to do: each restart of the role `rekey` sends some again.",
    ),
    Metric(
        "flowdrift_monitor_limit_hits_total",
        Kind.COUNTER,
        ("limit",),
        "times",
        "How often something was left out since there is too much: `runs` at once, which are no evidence.",
        "Look for a test environment with a run id for each test: one run is one execution of a suite.",
        values=("runs",),
    ),
    Metric(
        "flowdrift_monitor_open_fragments",
        Kind.GAUGE,
        (),
        "fragments",
        "Groups of spans that wait for more spans.",
        "Memory grows with it: lower `assembly.max_age`, or add observers.",
    ),
)

STANDING: tuple[Metric, ...] = (
    Metric(
        "flowdrift_monitor_silent_rekeyed_sources",
        Kind.GAUGE,
        (),
        "partitions",
        "Source partitions of which the role `rekey` has said nothing for long; others do not wait for them.",
        "See which process owns them: spans that come later find their flows closed, and count as late.",
    ),
    Metric(
        "flowdrift_monitor_lag_records",
        Kind.GAUGE,
        (),
        "records",
        "Records of the source topics that are not yet safely out as flows.",
        "Add observers up to the number of source partitions: see FlowdriftLagging in the runbook.",
    ),
    Metric(
        "flowdrift_monitor_lag_seconds",
        Kind.GAUGE,
        (),
        "seconds",
        "Age of the oldest source partition's log time while it has records left to read.",
        "As for lag_records; this is the number that the alert uses.",
    ),
    Metric(
        "flowdrift_monitor_low_offset_lag_seconds",
        Kind.GAUGE,
        (),
        "seconds",
        "How far the oldest open fragment lies behind its partition's log time: what a restart re-reads.",
        "Should stay near `assembly.max_age`; above it a trace never ends or the flows topic is unreachable.",
    ),
    Metric(
        "flowdrift_monitor_flows_total",
        Kind.COUNTER,
        ("environment",),
        "flows",
        "Closed flows that the auditors counted, by compared environment; all others are `other`.",
        "If an environment is missing, check `environments.NAME.match` against its spans' attributes.",
        Scope.FLEET,
    ),
    Metric(
        "flowdrift_monitor_uncompared_environments",
        Kind.GAUGE,
        (),
        "environments",
        "Environments of the last day on no side of a comparison; spans without one count as one.",
        "Read `hints` in /api/v1/report, the log or `/readyz?verbose`: each has the line to paste.",
        Scope.FLEET,
    ),
    Metric(
        "flowdrift_monitor_duplicate_flows_total",
        Kind.COUNTER,
        (),
        "flows",
        "Flows that were published again, after a restart or a rebalance, and dropped.",
        "None needed; a steady rate means observers that restart all the time.",
        Scope.FLEET,
    ),
    Metric(
        "flowdrift_monitor_silent_source_partitions",
        Kind.GAUGE,
        (),
        "partitions",
        "Source partitions without a word from any observer for 2 minutes; they are left out of the clock.",
        "Start the missing observers: see FlowdriftSourceSilent in the runbook.",
        Scope.FLEET,
    ),
    Metric(
        "flowdrift_monitor_wrong_clocks",
        Kind.GAUGE,
        (),
        "producers",
        "Producers whose records are stamped 10 s or more off those of others in their partition.",
        "Read `hints` in /api/v1/report, the log or `/readyz?verbose`: each names service and host. Set "
        "their clocks, or `message.timestamp.type=LogAppendTime` on the source topics.",
        Scope.FLEET,
    ),
    Metric(
        "flowdrift_monitor_split_traces",
        Kind.GAUGE,
        (),
        "traces",
        "Of the newest sampled traces (1 id of 1024), those with spans on several source partitions.",
        "Set `partition_traces_by_id: true` in the Collector's kafka exporter: their flows fall into pieces.",
        Scope.FLEET,
    ),
    Metric(
        "flowdrift_monitor_held_back_partitions",
        Kind.GAUGE,
        (),
        "partitions",
        "Partitions of the source topics not read on, since too many of their records are dead letters.",
        "See FlowdriftPartitionHeldBack in the runbook; `/readyz?verbose` names them.",
    ),
    Metric(
        "flowdrift_monitor_stopped_partitions",
        Kind.GAUGE,
        (),
        "partitions",
        "Partitions of the flows topic not folded on: a newer release wrote the next record, or it failed.",
        "Upgrade the auditors, or pass the record: see FlowdriftPartitionStopped in the runbook.",
    ),
    Metric(
        "flowdrift_monitor_unreadable_verdicts_total",
        Kind.COUNTER,
        (),
        "records",
        "Records of the verdicts topic that this process cannot read, and leaves out of its answers.",
        "Upgrade the processes with the role `api`: a newer release wrote them. The log names the first one.",
    ),
    Metric(
        "flowdrift_monitor_loop_lag_seconds",
        Kind.GAUGE,
        (),
        "seconds",
        "How late the event loop ran its timers, at worst since the last scrape.",
        "Above 0.5 the process lacks CPU: raise its request, or add replicas.",
        Scope.FLEET,
    ),
    Metric(
        "flowdrift_monitor_series_left_out",
        Kind.GAUGE,
        (),
        "flows",
        "Flows whose drift series were left out of this scrape by `limits.flow_series`.",
        "Raise the limit, or read the full detail from /api/v1/report.",
        Scope.FLEET,
    ),
    Metric(
        "flowdrift_build_info",
        Kind.GAUGE,
        ("version",),
        "boolean",
        "Always 1; the label says which version runs.",
        "Two versions at once: a rollout is under way, or stuck.",
    ),
)

METRICS: tuple[Metric, ...] = PRODUCT + INGEST + BROKEN + STANDING
"""All of them, in the order of the documentation."""

BY_NAME = {metric.name: metric for metric in METRICS}
"""The same by name."""
