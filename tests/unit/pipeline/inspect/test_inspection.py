"""What a sample of records shows: encodings, environments, ids, sampling, keys, places, entries, clocks."""

import pytest

from monitor.pipeline.inspect.inspection import SampledRecord
from monitor.wire.semconv import ENVIRONMENT
from tests.factories import EPOCH, trace_id
from tests.unit.pipeline.inspecting import NOW_MS, WAYS, record, resource, seen, trace
from tests.unit.wire.requests import as_json, request, sent


def test_encodings_and_what_is_no_telemetry_are_counted_by_record() -> None:
    """Each record counts under its encoding, or under the reason why it is no telemetry."""
    json = as_json(request([sent(1)]))
    logs = record(headers=(("otelcol.signal", b"logs"),))
    told = seen(record(), record(value=json), record(value=b"x"), record(value=None), logs)
    assert dict(told.encodings) == {"otlp_json": 1, "otlp_proto": 1}
    assert dict(told.rejected) == {"malformed": 1, "tombstone": 1, "wrong_signal": 1}
    assert (told.records, told.spans) == (5, 2)


@pytest.mark.parametrize(
    ("of", "name", "rule"),
    [
        (resource("prod"), "production", ENVIRONMENT),
        (resource("pr-7"), "pr-7", ENVIRONMENT),
        (resource(k8s_namespace_name="live"), "cluster", "match"),
        (resource(test_suite_name="nightly"), "test", "test mark"),
        (resource(), "unknown", "none"),
    ],
)
def test_an_environment_is_told_with_its_rule(of: dict[str, str], name: str, rule: str) -> None:
    """Each environment is shown with the rule that named it."""
    match = {
        "production": {"match": {ENVIRONMENT: ["prod"]}},
        "cluster": {"match": {"k8s.namespace.name": ["live"]}},
    }
    [told] = seen(record(of=of), attribution={"environments": match}).environments
    assert (told.name, told.rule) == (name, rule)


def test_raw_values_stand_beside_what_they_mean() -> None:
    """By environment and attribute: what a topic, an attribute or a mark says."""
    told = seen(
        record(of=resource("prod")),
        record(of=resource("PROD")),
        record(of=resource("qa")),
        record(of=resource(test_suite_name="nightly")),
        record(headers=(("deployment.environment", b"uat"),)),
    )
    assert [(each.environment, each.attribute, each.values) for each in told.values] == [
        ("production", ENVIRONMENT, ("PROD", "prod")),
        ("qa", ENVIRONMENT, ("qa",)),
        ("test", "test.*", ("test",)),
        ("uat", "topic or header", ("uat",)),
    ]


def test_test_runs_are_named_with_their_attributes() -> None:
    """The last ones first, with when they were seen, how many cases, and one of these."""

    def run(name: str, case: str, at: int) -> SampledRecord:
        spans = [sent(1, attributes={"pytest.nodeid": case})]
        return record(spans, resource("integration", cicd_pipeline_run_id=name), timestamp=NOW_MS + at)

    told = seen(run("7", "a", 10), run("7", "b", 5), run("8", "a", 20), record()).runs
    assert [(each.run, each.cases, each.first - NOW_MS, each.last - NOW_MS) for each in told] == [
        ("8", 1, 20, 20),
        ("7", 2, 5, 10),
    ]
    assert (told[0].environment, told[0].attribute) == ("integration", "cicd.pipeline.run.id")
    assert (told[0].case, told[0].case_attribute) == ("a", "pytest.nodeid")


def test_a_topic_and_a_header_tell_the_environment_first() -> None:
    """The mapping of the topic comes before the record's header, and both before the spans."""
    header = (("deployment.environment", b"qa"),)
    [told] = seen(record(headers=header)).environments
    assert (told.name, told.rule) == ("qa", "header")
    [told] = seen(record(headers=header), topics={"spans": "production"}).environments
    assert (told.name, told.rule) == ("production", "topic")


def test_shares_of_run_and_case_ids_and_of_sampling() -> None:
    """Shares of spans with run ids, case ids and probabilities are shown per environment."""
    spans = [sent(1, trace_state="ot=th:c"), sent(2, attributes={"test.case.name": "buys"})]
    [told] = seen(record(spans, resource("prod", test_run_id="ci-7"))).environments
    assert (told.spans, told.traces, told.runs, told.cases, told.sampled) == (2, 1, 1.0, 0.5, 0.5)
    assert dict(told.probabilities) == {"0.25": 1}


def test_keys_are_none_a_trace_id_or_something_else() -> None:
    """A key is the trace id only if it is that of all spans of its record."""
    mine, other = trace_id(1).hex().encode(), trace_id(2).hex().encode()
    told = seen(record(), record(key=mine), record(key=other), record(key=b"\xff"))
    assert dict(told.keys) == {"other": 2, "none": 1, "trace id": 1}


def test_a_trace_on_two_partitions_of_a_topic_is_split() -> None:
    """Twice on one partition it is not, nor on two topics, which may be two environments."""
    told = seen(record(), record(), record(topic="tests", partition=1))
    assert (told.split.traces, told.split.split) == (2, 0)
    told = seen(record(), record(partition=1), record(partition=1))
    assert (told.split.traces, told.split.split) == (1, 1)
    assert told.split.example == f"{trace_id(1).hex()} on spans/0 and spans/1"


def test_an_entry_that_fans_out_looks_like_a_gateway() -> None:
    """One entry with all the traffic that goes on to one of ten servers; the same each time, it is a flow."""
    fan = [record(trace(n, WAYS[n % 10])) for n in range(1, 201)]
    [entry] = seen(*fan).entries
    assert (entry.entry, entry.environment, entry.share, entry.passed) == (
        "shop GET /all",
        "production",
        1.0,
        False,
    )
    same = [record(trace(n, *WAYS)) for n in range(1, 201)]
    assert seen(*same).entries == ()


def test_an_entry_that_is_passed_through_is_told_as_such() -> None:
    """An entry that is passed through already needs no setting."""
    bare = [record(trace(n, WAYS[n % 10], entry="GET /*")) for n in range(1, 201)]
    [entry] = seen(*bare).entries
    assert (entry.entry, entry.passed) == ("shop GET /*", True)
    fan = [record(trace(n, WAYS[n % 10])) for n in range(1, 201)]
    assert [each.passed for each in seen(*fan, pass_through=("shop GET /all",)).entries] == [True]


def test_traces_without_a_root_name_no_entry() -> None:
    """A sample cuts traces at its edges: a server whose parent is missing there is no entry."""
    whole = [trace(n, WAYS[n % 10]) for n in range(1, 201)]
    cut = [[entry._replace(parent_id=b"8 bytes!"), *below] for entry, *below in whole]
    assert len(seen(*map(record, whole)).entries) == 1
    assert seen(*map(record, cut)).entries == ()


def test_clocks_that_are_far_off_are_told_per_service() -> None:
    """A service whose spans end a minute after, or ten before, their record has a clock that is off."""
    near = record([sent(1, start=EPOCH - 10**9, end=EPOCH)])
    ahead = record(of=resource("prod", "fast"), timestamp=NOW_MS - 120_000)
    behind = record(of=resource("prod", "slow"), timestamp=NOW_MS + 3_600_000)
    told = seen(near, ahead, behind)
    assert [(each.service, each.ahead, each.behind) for each in told.clocks] == [
        ("fast", 120, 0),
        ("slow", 0, 3599),
    ]
    assert told.records_ahead == 1


def test_the_order_of_records_changes_nothing_that_is_counted() -> None:
    """The order of records changes no count of an inspection."""
    records = [record(trace(n, WAYS[n % 10]), partition=n % 2) for n in range(1, 121)]
    one, other = seen(*records), seen(*reversed(records))
    assert one.model_dump() == other.model_dump()
