"""The owner of partition 0: its decisions depend on what the topics say, never on when it heard it."""

from random import Random
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import to_builtins

from monitor.base.errors import NewerFormatError
from monitor.base.run import RunKey
from monitor.base.units import LogTime
from monitor.drift.gate import RunPart
from monitor.drift.policy import Comparison
from monitor.flows.codec import decode
from monitor.pipeline.fleet.owner import Decisions, Owner
from monitor.pipeline.timeline.commands import Complete, Finish, Lost, Settings, command_of, numbered
from tests.unit.pipeline.auditing import POLICY

Line = dict[str, Any]
PARTITIONS = 2


def run(name: str, *, flows: int = 5, end: int | None = 100, at: int = 1, suite: str = "nightly") -> Line:
    """A partition's line about a run."""
    place = {"environment": "integration", "run": name, "suite": suite}
    part = RunPart(min_traffic=0.5, paths=flows, ok=flows, e_values=[12.5])
    part.ran_weight, part.proven_weight = 9 * flows, at * flows
    gate = {} if end is None else {"prod-test": to_builtins(part)}
    return {**place, "first": 10, "last": 20, "end": end, "settled_at": at, "flows": flows, "gate": gate}


def summary(
    partition: int, offset: int, runs: list[Line], command: int = 0, days: Any = ()
) -> tuple[str, bytes]:
    said = {"partition": partition, "offset": offset, "command": command, "runs": runs, "updates": days}
    return f"summary/{partition}", orjson.dumps({**said, "comparisons": {}, "input": {}})


def owner_of(partitions: int = PARTITIONS) -> Owner:
    owner = Owner(partitions)
    owner.receive_command(0, orjson.dumps(Settings(POLICY).plain()))
    return owner


def decided(owner: Owner) -> dict[str, bytes]:
    return {key: told for key, told in owner.decide().records.items() if key.startswith("run/")}


def test_nothing_is_decided_until_every_partition_has_spoken() -> None:
    """With one of two summaries there is no record and no command."""
    owner = owner_of()
    owner.receive(*summary(0, 1, [run("a")]))
    assert owner.decide() == Decisions({}, [])


def test_a_run_is_decided_when_it_settled_everywhere() -> None:
    """A run's record appears once it settled in all partitions, and sums their final lines."""
    owner = owner_of()
    owner.receive(*summary(0, 1, [run("a", flows=3)]))
    owner.receive(*summary(1, 1, [run("a", end=None)]))
    assert decided(owner) == {}
    owner.receive(*summary(1, 2, [run("a", flows=4, end=120, suite="")]))
    told = orjson.loads(decided(owner)["run/integration/a"])
    assert (told["flows"], told["end"], told["suite"], told["complete"]) == (7, 120, "nightly", True)
    verdict = told["verdicts"]["prod-test"]
    assert (verdict["paths"], verdict["state"], verdict["traffic"]) == (7, "insufficient", 0.111111)


def test_an_older_summary_is_not_heard() -> None:
    """A summary with a lower offset than a known one changes no decision."""
    owner = owner_of(1)
    owner.receive(*summary(0, 9, []))
    owner.receive(*summary(0, 8, [run("a")]))
    assert decided(owner) == {}


def test_a_run_without_a_suite_counts_for_its_environment() -> None:
    """A run without a suite counts for the suite with its environment's name."""
    owner = owner_of(1)
    owner.receive(*summary(0, 1, [run("a", suite="")]))
    assert orjson.loads(decided(owner)["run/integration/a"])["suite"] == "integration"


def test_a_run_is_complete_with_four_fifths_of_the_one_before() -> None:
    """A run is complete with four fifths of the flows of its suite's last complete run."""
    owner = owner_of(1)
    runs = [run("a", flows=10), run("b", flows=7, at=2), run("c", flows=8, at=3), run("d", flows=0, at=4)]
    owner.receive(*summary(0, 9, [*runs, run("e", flows=0, at=5, suite="empty")]))
    complete = {key: orjson.loads(told)["complete"] for key, told in decided(owner).items()}
    assert [name for name, whole in complete.items() if whole] == ["run/integration/a", "run/integration/c"]


@pytest.mark.parametrize(
    ("flows", "finished", "lost"),
    [(7, None, True), (7, 320_020, False), (7, 320_021, True), (8, None, False)],
)
def test_a_run_that_broke_off(flows: int, finished: int | None, lost: bool) -> None:
    """A run with fewer flows that nobody finished in time gives one command that it is lost."""
    owner = owner_of(1)
    short = {**run("b", flows=flows, at=2), "finished": finished, "last": 20_020, "end": 400_000}
    owner.receive(*summary(0, 9, [run("a", flows=10), short]))
    commands = dict(owner.decide().commands)
    assert ("lost/integration/b" in commands, owner.runs[RunKey("integration", "b")].lost) == (lost, lost)
    if lost:
        assert command_of(orjson.loads(commands["lost/integration/b"])) == Lost(
            "integration", "b", "nightly", LogTime(400_000), 7, 10
        )
        owner.receive_command(7, commands["lost/integration/b"])
        assert "lost/integration/b" not in dict(owner.decide().commands)


def test_a_comparison_that_is_no_longer_shown_is_taken_back() -> None:
    """One that was published by whoever and is no longer configured, or has no flow yet; once."""
    owner = owner_of(1)
    late = Comparison(name="late", reference="production", candidate="staging", when_seen=True)
    policy = POLICY.model_copy(update={"comparisons": (*POLICY.comparisons, late)})
    owner.receive_command(1, orjson.dumps(Settings(policy).plain()))
    owner.receive(*summary(0, 1, []))
    for key in ("comparison/prod-test", "comparison/late", "comparison/old"):
        owner.receive(key, b"{}")
    decisions = owner.decide()
    assert list(decisions.records) == ["comparison/prod-test"]
    assert decisions.gone == ("comparison/late", "comparison/old")
    for key in decisions.gone:
        owner.receive(key, None)
    assert owner.decide().gone == ()


def test_decisions_are_idempotent() -> None:
    """Decisions asked for again give the same records and no command twice."""
    owner = owner_of(1)
    owner.receive(*summary(0, 1, [run("a")]))
    first = owner.decide()
    assert owner.decide() == first
    [(subject, value)] = first.commands
    assert subject == "complete/integration/a"
    owner.receive_command(5, value)
    assert owner.decide() == Decisions(first.records, [])


def test_a_record_of_another_owner_stands() -> None:
    """A run decided before, by whoever, is not decided again; taken back, it is."""
    owner, other = owner_of(1), owner_of(1)
    owner.receive(*summary(0, 1, [run("a")]))
    [(key, told)] = decided(owner).items()
    other.receive(key, told)
    other.receive(*summary(0, 1, [run("a", flows=99)]))
    assert decided(other) == {key: told}
    other.receive(key, None)
    assert orjson.loads(decided(other)[key])["flows"] == 99


def test_runs_no_longer_listed_are_forgotten_but_the_last_complete_one() -> None:
    """Memory holds what partition 0 still lists, and per suite the run that the next is measured by."""
    owner = owner_of(1)
    owner.receive(*summary(0, 1, [run("a", flows=10), run("b", flows=10, at=2)]))
    owner.decide()
    owner.receive(*summary(0, 9, []))
    owner.decide()
    assert [key.run for key in owner.runs] == ["b"]
    owner.receive(*summary(0, 10, [run("c", flows=7, at=8)]))
    assert not orjson.loads(decided(owner)["run/integration/c"])["complete"]


@st.composite
def histories(draw: st.DrawFn) -> list[list[Line]]:
    """Per partition the final lines of the same runs, in the order in which each partition settled them."""
    rng = Random(draw(st.integers(0, 2**32)))
    names = [f"ci-{n}" for n in range(rng.randint(1, 6))]
    suites = {name: rng.choice(("nightly", "smoke")) for name in names}
    history = []
    for _ in range(PARTITIONS):
        rng.shuffle(names)
        at = sorted(rng.randint(0, 5) for _ in names)
        lines = [
            run(name, flows=rng.randint(0, 6), end=rng.randint(0, 200), at=place, suite=suites[name])
            for name, place in zip(names, at, strict=True)
        ]
        history.append(sorted(lines, key=lambda line: (line["settled_at"], line["run"])))
    return history


def decisions(history: list[list[Line]], rng: Random) -> tuple[dict[str, bytes], set[tuple[str, bytes]]]:
    """What an owner says that hears growing summaries in any interleaving and decides now and then."""
    owner, records, commands = owner_of(), dict[str, bytes](), set[tuple[str, bytes]]()
    settled = [0] * PARTITIONS
    while True:
        now = owner.decide()
        records |= now.records
        commands |= set(now.commands)
        if rng.random() < 0.5:
            for number, (_, value) in enumerate(now.commands, len(owner.commands)):
                owner.receive_command(number, value)
        left = [p for p in range(PARTITIONS) if settled[p] <= len(history[p])]
        if not left:
            return {key: told for key, told in records.items() if key.startswith("run/")}, commands
        partition = rng.choice(left)
        open_lines = [{**line, "end": None} for line in history[partition][settled[partition] :]]
        owner.receive(
            *summary(partition, settled[partition], history[partition][: settled[partition]] + open_lines)
        )
        settled[partition] += rng.randint(1, 3) if settled[partition] < len(history[partition]) else 1
        settled[partition] = max(settled[partition], 1)
        if settled[partition] > len(history[partition]):
            owner.receive(*summary(partition, 99, history[partition]))


@given(history=histories(), one=st.integers(), other=st.integers())
def test_two_owners_decide_the_same(history: list[list[Line]], one: int, other: int) -> None:
    """Whatever the order and the moments of hearing, the run records and commands are the same bytes."""
    first, second = decisions(history, Random(one)), decisions(history, Random(other))
    assert first == second
    assert len(first[0]) == len(history[0])


def thresholds(owner: Owner) -> list[Line]:
    return [orjson.loads(value) for subject, value in owner.decide().commands if subject == "threshold"]


def test_thresholds_follow_the_updates_once_a_day() -> None:
    """Thresholds follow the updates of all partitions, once a day from the second day on."""
    owner = owner_of()
    owner.receive(*summary(0, 1, [], days=[[100, 2_000_000, 2.0]]))
    owner.receive(*summary(1, 1, [], days=[]))
    assert thresholds(owner) == []
    owner.receive(*summary(1, 2, [], days=[[100, 1_000_000, 1.0], [101, 5, 0.0]]))
    [told] = thresholds(owner)
    assert told == {"kind": "threshold", "day": 101, "page": 9e7, "warn": 3e6}
    owner.receive_command(9, orjson.dumps(told))
    assert thresholds(owner) == []
    owner.receive(*summary(1, 3, [], days=[[100, 1_000_000, 1.0], [101, 1_000_000, 0.0], [102, 1, 0.0]]))
    assert [(told["day"], told["page"]) for told in thresholds(owner)] == [(102, 6e7)]


def test_thresholds_stay_where_nobody_projects() -> None:
    """A replay keeps the thresholds of its settings."""
    owner = Owner(1, projects=False)
    owner.receive(*summary(0, 1, [], days=[[100, 2_000_000, 2.0], [101, 1, 0.0]]))
    assert owner.decide().commands == []


def test_commands_are_forwarded_from_the_number_that_a_partition_has() -> None:
    """A partition gets the commands that it lacks, in order, and the newest of a subject alone."""
    owner = owner_of(1)
    owner.receive_command(3, orjson.dumps(Finish("", "a", LogTime(5)).plain()))
    owner.receive_command(4, orjson.dumps(Complete("test", "a", "s", LogTime(5)).plain()))
    owner.receive_command(6, orjson.dumps(Finish("", "a", LogTime(7)).plain()))
    owner.receive(*summary(0, 1, [], command=0))
    told = [numbered(decode(value).command or {}) for value in owner.to_forward(0)]
    assert told == [(4, Complete("test", "a", "s", LogTime(5))), (6, Finish("", "a", LogTime(7)))]
    assert len(owner.to_forward(1)) == 3


def test_a_command_that_nobody_knows_is_counted() -> None:
    """An unknown command is counted, is not forwarded, and stops nothing."""
    owner = owner_of(1)
    for value in (b"{", b"[]", b'{"kind": 7}', b'{"kind": "finish"}'):
        owner.receive_command(3, value)
    assert owner.undecodable == 4
    assert len(owner.to_forward(0)) == 1


def test_a_command_of_a_newer_release_is_not_skipped() -> None:
    """It is refused with what to do: commands that come after it must not overtake it."""
    with pytest.raises(NewerFormatError, match="command kind 'dance'"):
        owner_of(1).receive_command(3, b'{"kind": "dance"}')


def test_other_records_are_not_the_owners() -> None:
    """Flow records and removed summaries change no decision."""
    owner = owner_of(1)
    owner.receive("flow/prod-test/x", b"{}")
    owner.receive("summary/0", None)
    assert owner.summaries == {}
