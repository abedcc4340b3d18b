"""Runs: when they end, settle, are forgotten; and which flows come too late for them."""

from monitor.base.run import RunKey
from monitor.base.units import LogTime
from monitor.drift.policy import Comparison
from monitor.pipeline.timeline.announced import MOST_ANNOUNCED
from monitor.pipeline.timeline.commands import Begin, Complete, Finish
from monitor.pipeline.timeline.runs import MOST_SETTLED, REMEMBERED_MS, Runs
from monitor.pipeline.timeline.sources import Sources
from tests.rows import MINUTE, header, source
from tests.unit.pipeline.auditing import POLICY, PRODUCTION, TESTS

KEY = RunKey("integration", "ci-1")
GAP = POLICY.quiet_gap_ms
IDLE = POLICY.idle_ms


def receive(sources: Sources, runs: Runs, clock: int, *, first: int = -1, run: str = "ci-1") -> None:
    """The tests topic at log time `clock`, with everything out; it names the run if `first` is given."""
    names = {("integration", run): (first, first)} if first >= 0 else {}
    low = sources.low(TESTS) + 1
    head = header(TESTS, low=low, log_time=clock, low_times={"integration": clock}, runs=names)
    sources.receive(head, clock)
    runs.receive(head)
    sources.tick()


def production(sources: Sources, time: int, *, at_end: bool = True) -> None:
    low = sources.low(PRODUCTION) + 1
    sources.receive(
        header(PRODUCTION, low=low, log_time=time, at_end=at_end, low_times={"production": time}), 0
    )
    sources.tick()


def world(at_end: bool = True) -> tuple[Sources, Runs]:
    sources = Sources()
    production(sources, 0, at_end=at_end)
    return sources, Runs()


def finish(at: int, environment: str = "", run: str = "ci-1") -> Finish:
    return Finish(environment, run, LogTime(at))


def test_a_run_settles_after_its_idle_time() -> None:
    """A run nobody finished ends after the idle time, and settles a quiet gap later, once."""
    sources, runs = world()
    receive(sources, runs, 50, first=50)
    receive(sources, runs, 50 + IDLE + GAP)
    assert runs.settled(POLICY, sources, 7) == []
    receive(sources, runs, 51 + IDLE + GAP)
    [closing] = runs.settled(POLICY, sources, 8)
    assert (closing.end, closing.key, closing.began) == (50 + IDLE, KEY, 50)
    assert runs.known[KEY].settled_at == 8
    assert runs.settled(POLICY, sources, 9) == []


def test_a_finished_run_settles_a_quiet_gap_after_its_finish() -> None:
    """The moment of the finish is the end; what is said of the run afterwards does not move it."""
    sources, runs = world()
    receive(sources, runs, 50, first=50)
    runs.finish(finish(60))
    runs.finish(finish(5000))
    receive(sources, runs, 61 + GAP, first=40)
    [closing] = runs.settled(POLICY, sources, 1)
    assert (closing.end, closing.began) == (60, 40)
    receive(sources, runs, 99 + GAP, first=30)
    assert runs.known[KEY].first == 40


def test_a_run_may_be_finished_before_its_first_flow() -> None:
    """A finish is kept for a run not yet heard of, wherever it appears, or only in its environment."""
    for environment, heeded in (("", True), ("integration", True), ("staging", False)):
        sources, runs = world()
        runs.finish(finish(60, environment))
        receive(sources, runs, 50, first=50)
        assert runs.known[KEY].finished == (60 if heeded else None)


def begin(at: int, environment: str = "integration", suite: str = "", run: str = "ci-1") -> Begin:
    return Begin(environment, run, suite, LogTime(at))


def test_what_has_not_begun_does_not_end() -> None:
    """A finish from before the first fragment was said of an earlier run of this id, or of a wrong one."""
    sources, runs = world()
    runs.finish(finish(40))
    receive(sources, runs, 50, first=50)
    receive(sources, runs, 60 + GAP)
    assert runs.settled(POLICY, sources, 1) == []
    runs.finish(finish(70))
    receive(sources, runs, 71 + GAP)
    [closing] = runs.settled(POLICY, sources, 2)
    assert (closing.end, runs.known[KEY].finished) == (70, 70)


def test_an_idle_run_is_not_finished() -> None:
    """What was said before it began leaves no trace in its settled state."""
    sources, runs = world()
    runs.finish(finish(40))
    receive(sources, runs, 50, first=50)
    receive(sources, runs, 51 + IDLE + GAP)
    assert [closing.end for closing in runs.settled(POLICY, sources, 1)] == [50 + IDLE]
    assert runs.known[KEY].finished is None


def test_an_announced_run_may_end_before_its_first_span_arrives() -> None:
    """Exporters take their time: it began with its announcement. An earlier finish is not heeded."""
    for announced, heeded in ((30, True), (41, False)):
        sources, runs = world()
        runs.finish(finish(20))
        runs.announce(begin(announced))
        runs.finish(finish(40))
        receive(sources, runs, 50, first=50)
        assert runs.known[KEY].finish_said == (40 if heeded else None)


def test_an_announcement_names_the_suite() -> None:
    """Before the first span or after it, whatever spans say; '' leaves it to them. Settled is settled."""
    for suite, order in (("smoke", "before"), ("smoke", "after"), ("", "before"), ("", "after")):
        sources, runs = world()
        if order == "before":
            runs.announce(begin(30, suite=suite))
        receive(sources, runs, 50, first=50)
        if order == "after":
            runs.announce(begin(30, suite=suite))
        assert runs.known[KEY].suite == (suite or "nightly")
        receive(sources, runs, 51 + IDLE + GAP)
        runs.settled(POLICY, sources, 1)
        runs.announce(begin(60, suite="other"))
        assert runs.known[KEY].suite == (suite or "nightly")
        assert not runs.announced.begun


def test_an_announcement_for_any_environment_holds_in_each() -> None:
    """It is kept for the next environment in which the run is seen."""
    sources, runs = world()
    runs.announce(begin(30, environment="", suite="smoke"))
    receive(sources, runs, 50, first=50)
    assert runs.known[KEY].suite == "smoke"
    assert list(runs.announced.begun) == [("", "ci-1")]


def test_a_finish_in_another_environment_is_not_for_this_run() -> None:
    """Two environments may use the same run id: a finish that names one leaves the other alone."""
    sources, runs = world()
    receive(sources, runs, 50, first=50)
    runs.finish(finish(60, "staging"))
    assert runs.known[KEY].finished is None


def test_a_run_waits_for_production_to_be_read_as_far() -> None:
    """A run's evidence is fed once the reference's log time has passed its end, or is at its end."""
    sources, runs = world(at_end=False)
    receive(sources, runs, 50, first=50)
    runs.finish(finish(60))
    receive(sources, runs, 61 + GAP)
    assert runs.settled(POLICY, sources, 1) == []
    production(sources, 60, at_end=False)
    assert len(runs.settled(POLICY, sources, 1)) == 1


def test_a_run_waits_for_a_reference_that_was_never_heard() -> None:
    """Without any record of production a run waits for a day, and then closes."""
    sources, runs = Sources(), Runs()
    receive(sources, runs, 50, first=50)
    receive(sources, runs, 50 + 2 * IDLE)
    assert runs.settled(POLICY, sources, 1) == []
    assert runs.advance(POLICY, sources) == []
    receive(sources, runs, 50 + IDLE + REMEMBERED_MS)
    assert len(runs.settled(POLICY, sources, 1)) == 1
    assert runs.advance(POLICY, sources) == ["integration"]


def test_one_reference_that_was_heard_is_enough() -> None:
    """A second comparison whose reference sends nothing does not hold the candidate back."""
    more = Comparison(name="staging-test", reference="staging", candidate="integration")
    policy = POLICY.model_copy(update={"comparisons": (*POLICY.comparisons, more)})
    sources, runs = world()
    receive(sources, runs, 50, first=50)
    receive(sources, runs, 51 + IDLE + GAP)
    assert len(runs.settled(policy, sources, 1)) == 1


def test_runs_settle_in_the_order_of_their_ends() -> None:
    """Runs that settle together are given by end, then name."""
    sources, runs = world()
    for run, at in (("b", 80), ("c", 60), ("a", 80)):
        receive(sources, runs, 50, first=50, run=run)
        runs.finish(finish(at, run=run))
    receive(sources, runs, 100 + GAP)
    assert [closing.key.run for closing in runs.settled(POLICY, sources, 1)] == ["c", "a", "b"]


def test_what_closed_stays_closed() -> None:
    """A settled or forgotten run takes no flow, whatever headers say."""
    sources, runs = world()
    open_end = LogTime(10 * REMEMBERED_MS)
    receive(sources, runs, 50, first=50)
    assert not runs.is_closed(KEY, open_end)
    receive(sources, runs, 51 + IDLE + GAP)
    runs.settled(POLICY, sources, 1)
    assert runs.is_closed(KEY, open_end)
    receive(sources, runs, 51 + IDLE + REMEMBERED_MS)
    assert runs.forget(sources) == [KEY]
    assert runs.is_closed(KEY, open_end)
    receive(sources, runs, 52 + IDLE + REMEMBERED_MS, first=50)
    assert KEY not in runs.known
    receive(sources, runs, 52 + IDLE + REMEMBERED_MS, first=51 + IDLE)
    assert not runs.is_closed(KEY, open_end)


def test_parts_of_a_run_are_counted_from_its_first_word() -> None:
    """Where a run begins is heard with its first rows and stays, even if it began earlier."""
    sources, runs = world()
    assert runs.cut(KEY) == 0
    head = header(TESTS, low=1, log_time=50, runs={("integration", "ci-1"): (50, 50)})
    runs.begin(head)
    receive(sources, runs, 60, first=20)
    assert (runs.cut(KEY), runs.known[KEY].first) == (50, 20)


def test_a_part_of_a_run_closes_by_the_clock() -> None:
    """A part of a run closes by the clock while its run goes on."""
    sources, runs = world()
    receive(sources, runs, 50, first=50)
    receive(sources, runs, 90, first=90)
    runs.advance(POLICY, sources)
    assert runs.is_closed(KEY, LogTime(90))
    assert not runs.is_closed(KEY, LogTime(91))
    assert not runs.is_settled(KEY)


def test_what_is_remembered_is_bounded() -> None:
    """At most so many settled runs are kept, the newest, and so many words on runs without spans."""
    sources, runs = world()
    for number in range(MOST_SETTLED + 3):
        receive(sources, runs, 50, first=50, run=f"{number:04}")
        runs.finish(finish(60, run=f"{number:04}"))
    receive(sources, runs, 61 + GAP)
    runs.settled(POLICY, sources, 1)
    assert [key.run for key in runs.forget(sources)] == ["0000", "0001", "0002"]
    for number in range(MOST_ANNOUNCED + 3):
        runs.announce(begin(60, run=f"other {number}"))
        runs.finish(finish(60, run=f"none {number}"))
    assert (len(runs.announced.begun), len(runs.announced.finished)) == (MOST_ANNOUNCED, MOST_ANNOUNCED)
    receive(sources, runs, 10 * MINUTE + REMEMBERED_MS)
    runs.forget(sources)
    assert (runs.announced.begun, runs.announced.finished) == ({}, {})


def test_a_run_whose_environment_was_forgotten_goes_with_it() -> None:
    """Without a clock it could never settle."""
    sources, runs = world()
    receive(sources, runs, 50, first=50)
    assert runs.forget(sources) == []
    sources.forget("integration")
    assert runs.forget(sources) == [KEY] and "integration" not in sources.clocks


def test_a_run_is_found_complete_once() -> None:
    """Only a settled run can be complete, and the command counts once however often it comes."""
    sources, runs = world()
    command = Complete("integration", "ci-1", "nightly", LogTime(50))
    assert not runs.complete(command)
    receive(sources, runs, 50, first=50)
    assert not runs.complete(command)
    receive(sources, runs, 51 + IDLE + GAP)
    runs.settled(POLICY, sources, 1)
    assert runs.complete(command)
    assert not runs.complete(command)


def test_buckets_close_where_the_candidate_was_dropped_from_the_policy() -> None:
    """The horizon of a former candidate goes on, so that its open buckets do not stay for ever."""
    sources, runs = world()
    receive(sources, runs, 50)
    assert runs.advance(POLICY, sources) == ["integration"]
    receive(sources, runs, 90)
    assert runs.advance(POLICY.model_copy(update={"comparisons": ()}), sources) == ["integration"]
    assert runs.is_closed(RunKey("integration", ""), LogTime(90))


def test_runs_come_back_from_storage() -> None:
    """Packed and unpacked they pack to the same; version 0.1 packed no announcements."""
    sources, runs = world()
    runs.announce(begin(30))
    runs.announce(begin(30, run="ci-2"))
    runs.finish(finish(40, run="ci-2"))
    receive(sources, runs, 50, first=50)
    runs.finish(finish(60, "integration"))
    receive(sources, runs, 61 + GAP)
    runs.settled(POLICY, sources, 1)
    assert Runs.unpack(runs.pack()).pack() == runs.pack()
    known, horizons, floors, finished, _ = runs.pack()
    old = Runs.unpack([[line[:-1] for line in known], horizons, floors, finished])
    assert (old.known[KEY].announced, old.announced.begun) == (None, {})
    assert old.announced.finished == {("", "ci-2"): 40}
    assert source() not in sources.latest
