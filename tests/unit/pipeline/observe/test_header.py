"""What the header of a record says of the partition that it comes from."""

from monitor.base.run import RunKey
from monitor.base.units import LogTime
from monitor.flows.record import RunSpan
from tests.factories import facts, span
from tests.unit.pipeline.observe.topic import SECOND, T, Topic


def test_the_header_tells_how_far_each_environment_is_out() -> None:
    """A header says per environment the beginning of its oldest open group, else log time."""
    topic = Topic().write(0, span(1, trace=1, environment="ci")).write(15 * SECOND, span(1, trace=2))
    topic.write(20 * SECOND)
    assert topic.header().low_times == {"ci": T + 20 * SECOND, "production": T + 15 * SECOND}
    late = T + 134 * SECOND
    assert topic.write(134 * SECOND).header().low_times == {"ci": late, "production": late}
    assert topic.write(134 * SECOND).header().low_times == {"production": late}
    assert topic.write(136 * SECOND).header().low_times == {"production": T + 136 * SECOND}
    assert topic.write(136 * SECOND).header().low_times == {}


def test_the_header_names_what_a_flow_turned_out_to_be() -> None:
    """A header names the environment and run that a runner span gave an unknown group."""
    topic = Topic().write(0, span(2, parent=1, environment="unknown", run="ci-1")).write(SECOND)
    head = topic.header()
    assert (dict(head.low_times), dict(head.runs)) == ({"unknown": T}, {})
    topic.write(SECOND, span(1, runner=True, environment="test")).write(11 * SECOND)
    head = topic.header()
    assert sorted(head.low_times) == ["test", "unknown"] and list(head.runs) == [("test", "ci-1")]


def test_the_header_tells_of_runs_while_they_are_active() -> None:
    """A header names runs from open groups, and from runner spans when a group closes."""
    topic = Topic().write(0, span(1, trace=1, run="r1", suite="nightly"))
    assert topic.header().runs == {("production", "r1"): RunSpan(LogTime(T), LogTime(T), "nightly")}
    topic.write(SECOND, span(1, trace=2, runner=True, run="r1"), span(2, trace=2, parent=1))
    topic.write(12 * SECOND)
    assert topic.header().runs == {("production", "r1"): RunSpan(LogTime(T), LogTime(T + SECOND), "nightly")}
    topic.write(122 * SECOND).header()
    assert topic.header().runs == {}


def test_the_header_tells_what_marks_a_run() -> None:
    """A header has a run's marks from the first span that carries them, and they stay."""
    branch = (("vcs.ref.head.name", "main"),)
    topic = Topic().write(0, span(1, trace=1, of=facts(run="r1", marks=branch)))
    assert topic.header().runs[RunKey("production", "r1")].marks == branch
    topic.write(SECOND, span(1, trace=2, of=facts(run="r2", runner=True, marks=branch)))
    topic.write(SECOND, span(2, trace=2, parent=1, run="r2"), span(1, trace=3, run="r3"))
    topic.write(SECOND, span(1, trace=4, of=facts(run="r1", marks=(("vcs.ref.head.name", "other"),))))
    topic.write(12 * SECOND)
    runs = topic.header().runs
    assert {run: said.marks for (_, run), said in runs.items()} == {"r1": branch, "r2": branch, "r3": ()}


def test_the_header_tells_the_rest() -> None:
    """A header has source, number of partitions, log time, end and tallies."""
    topic = Topic().write(0, span(1), span(1), span(3, parent=2)).write(70 * SECOND)
    header = topic.header()
    assert (header.source.topic, header.partitions, header.at_end) == ("spans", 4, False)
    assert header.log_time == T + 70 * SECOND
    expected = {"spans": 3, "traces": 1, "flows": 2, "late": 0, "duplicates": 1, "incomplete": 0}
    assert header.tallies.items() >= expected.items()


def test_what_is_ignored_is_no_row_and_stands_in_the_tallies() -> None:
    """The header says how many entries were ignored, and which the most; their environment is seen."""
    probe = facts(attributes={"http.request.method": "GET", "http.route": "/healthz"}, environment="ci")
    topic = (
        Topic().write(0, span(1, of=probe)).write(1, span(2, trace=2, of=probe)).write(2, span(3, trace=3))
    )
    topic.observer.close_all()
    header = topic.header()
    assert header.tallies["ignored"] == header.tallies["ignored of ci\thealth\tshop GET /healthz"] == 2
    assert header.tallies["flows"] == 1 and set(header.low_times) == {"ci", "production"}
