"""Which series /metrics has, and what they say."""

from hypothesis import given
from hypothesis import strategies as st

from monitor.drift.records.flow import FlowVerdicts
from monitor.drift.verdict import State
from monitor.ledgers import QUESTIONS
from monitor.publish.series import fold_readings, product_readings
from monitor.publish.view import View
from monitor.telemetry.readings import Reading
from tests.unit.publish.records import (
    COMPARISON,
    comparison_record,
    flow_record,
    heard,
    summary_record,
    tell,
    verdict,
)


def _view(*flows: tuple[str, str, int]) -> View:
    """A view of (name, state, weight) of flows."""
    view = heard(**{f"comparison__{COMPARISON}": comparison_record()})
    for name, state, weight in flows:
        tell(view, f"flow/{COMPARISON}/{name}", flow_record(name, verdict(name, state=state), weight=weight))
    return view


def _of(readings: list[Reading], metric: str) -> dict[str, float]:
    return {dict(r.labels).get("flow", ""): r.value for r in readings if r.metric == metric}


def test_the_cap_keeps_alarming_flows_and_then_the_busiest() -> None:
    """A drifting flow with hardly any traffic has its series, a quiet one of little traffic goes first."""
    view = _view(("a", "ok", 50), ("b", "ok", 90), ("c", "drift", 1), ("d", "suspect", 2), ("e", "ok", 10))
    readings = list(product_readings(view, 3))
    assert sorted(_of(readings, "flowdrift_drift_score")) == ["b", "c", "d"]
    assert _of(readings, "flowdrift_monitor_series_left_out") == {"": 2}


@given(st.lists(st.sampled_from(list(State)), max_size=12), st.integers(min_value=0, max_value=12))
def test_no_flow_is_forgotten(states: list[State], cap: int) -> None:
    """Flows with series and flows left out add up to all flows, and the cap holds."""
    view = _view(*((f"f{n}", state, n) for n, state in enumerate(states)))
    readings = list(product_readings(view, cap))
    shown = len(_of(readings, "flowdrift_drift_score"))
    assert shown == min(cap, len(states))
    assert shown + _of(readings, "flowdrift_monitor_series_left_out")[""] == len(states)


def test_the_worst_verdict_speaks_for_its_dimension() -> None:
    """One series per state, one of them 1; the score is the largest effect, the onset the earliest."""
    view = _view()
    lines = (
        verdict("a", state="drift", effect=0.5, subject="x", onset=2_000),
        verdict("a", state="suspect", effect=0.75, subject="y", onset=1_500),
        verdict("a", state="ok", effect=0.0, outcome="failed", onset=1_000),
    )
    tell(view, f"flow/{COMPARISON}/a", flow_record("a", *lines))
    readings = list(product_readings(view, 10))
    states = {dict(r.labels)["state"]: r.value for r in readings if r.metric == "flowdrift_drift_state"}
    assert states == {"ok": 0, "accepted": 0, "insufficient": 0, "suspect": 0, "drift": 1}
    assert _of(readings, "flowdrift_drift_score") == {"a": 0.75}
    assert _of(readings, "flowdrift_drift_onset_timestamp_seconds") == {"a": 1.5}


def test_a_drift_says_what_whoever_is_paged_needs() -> None:
    """What differs, whose behaviour it is, who moved and with what, a trace of each side; else nothing."""
    traces = {"reference": ["a" * 32, "b" * 32], "candidate": ["c" * 32]}
    moved = {"service": "shop", "moved": "candidate", "began_with": "run 3", "examples": traces}
    view = _view(("quiet", "suspect", 1))
    lines = [
        verdict("a", state="drift", subject=name, evidence_log10=e, **moved)
        for name, e in (("x", 7), ("y", 9))
    ]
    tell(view, f"flow/{COMPARISON}/a", flow_record("a", *lines))
    [info] = [dict(r.labels) for r in product_readings(view, 10) if r.metric == "flowdrift_drift_info"]
    assert info == {
        "comparison": COMPARISON,
        "flow": "a",
        "dimension": "structure",
        "subject": "y",
        "service": "shop",
        "moved": "candidate",
        "began_with": "run 3",
        "reference_trace": "a" * 32,
        "candidate_trace": "c" * 32,
    }


def test_a_quiet_flow_has_no_onset() -> None:
    """Nothing began where nothing differs: the series is absent, not 0."""
    assert (
        _of(list(product_readings(_view(("a", "ok", 1)), 10)), "flowdrift_drift_onset_timestamp_seconds")
        == {}
    )


def test_what_a_drift_does_is_said_beside_the_drifts() -> None:
    """Each dimension and ledger has a series with its alert and how severe it is, for the rules to join."""
    readings = list(product_readings(_view(("a", "drift", 1)), 10))
    said = [dict(r.labels) for r in readings if r.metric == "flowdrift_dimension_info"]
    assert said == [
        {"dimension": name, "severity": asked.severity.of_alert, "alert": asked.alert}
        for name, asked in QUESTIONS.items()
    ]


def test_verdicts_on_the_whole_belong_to_their_flow() -> None:
    """'Never tested' is decided over all partitions and still has the series of its flow."""
    view = _view(("a", "ok", 5))
    never = verdict("a", dimension="coverage", state="suspect", effect=1.0)
    tell(view, f"comparison/{COMPARISON}", comparison_record(never, verdict("b", dimension="coverage")))
    scores = [r for r in product_readings(view, 10) if r.metric == "flowdrift_drift_score"]
    found = {(dict(r.labels)["flow"], dict(r.labels)["dimension"]) for r in scores}
    assert found == {("a", "coverage"), ("a", "structure"), ("b", "coverage")}


def test_coverage_is_told_as_sums() -> None:
    """Weights are in 1/1024 of a flow and told in flows; ratios are left to a recording rule."""
    view = View()
    sums = {
        "reference_flows": 4,
        "covered_flows": 3,
        "reference_weight": 4096,
        "covered_weight": 2048,
        "units": 9,
        "out_of_scope_flows": 2,
        "out_of_scope_weight": 1024,
    }
    tell(view, f"comparison/{COMPARISON}", comparison_record(**sums))
    readings = list(product_readings(view, 0))
    told = {(r.metric, dict(r.labels).get("weight")): r.value for r in readings}
    assert told["flowdrift_coverage_observed", "flows"] == 4
    assert told["flowdrift_coverage_covered", "traffic"] == 2.0
    assert told["flowdrift_coverage_observed", "failures"] == 0
    assert told["flowdrift_coverage_out_of_scope", "flows"] == 2
    assert told["flowdrift_coverage_out_of_scope", "traffic"] == 1.0
    assert told["flowdrift_evidence_units_total", None] == 9


def test_the_fold_is_summed_over_partitions() -> None:
    """Flows and duplicates add up, of what is not compared under one name; the largest silence counts."""
    view = View()
    tell(view, f"comparison/{COMPARISON}", comparison_record())
    tell(view, "summary/0", summary_record(0, production=5, preview_1=1))
    tell(view, "summary/1", summary_record(1, production=7, preview_2=1))
    readings = list(fold_readings(view))
    flows = {dict(r.labels)["environment"]: r.value for r in readings if r.labels}
    assert flows == {"production": 12, "integration": 0, "other": 2}
    assert _of(readings, "flowdrift_monitor_duplicate_flows_total") == {"": 4}
    assert _of(readings, "flowdrift_monitor_silent_source_partitions") == {"": 1}
    assert _of(readings, "flowdrift_false_page_budget_used_ratio") == {"": 0.5}


def test_lost_telemetry_is_told_once_per_environment() -> None:
    """Two comparisons with one candidate give one series; one that is not lost says 0."""
    view = View()
    lost = {"since": 5, "reasons": ["Gone."]}
    for name, candidate, known in (("a", "test", lost), ("b", "test", lost), ("c", "staging", None)):
        record = comparison_record()
        record["comparison"]["candidate"] = candidate
        tell(view, f"comparison/{name}", {**record, "lost": known})
    told = [r for r in product_readings(view, 0) if r.metric == "flowdrift_telemetry_lost"]
    assert {dict(r.labels)["environment"]: r.value for r in told} == {"test": 1.0, "staging": 0.0}
    assert len(told) == 2


def test_an_empty_view_says_so() -> None:
    """Before any record there are no drift series, and nothing is left out."""
    view = View()
    view.receive("flow/x", None)
    assert [r.metric for r in product_readings(view, 10)] == ["flowdrift_monitor_series_left_out"]
    assert view.every(FlowVerdicts) == []
