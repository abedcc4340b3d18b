"""Fidelity: mock_diverges: a stub that is far faster than what it stands for."""

from monitor.dimensions import DIMENSIONS
from monitor.flows.flow import Flow
from monitor.flows.notes import place
from tests.dimensions.scenario import Make, Scenario, calling, found, lines, log_of

CALLS = ("a", "b", "c")
TIMES = (100, 80, 70, 60)


def asking(where: str, times: tuple[int, ...] = TIMES) -> Make:
    """Flows of three calls, of which the first shows where it asks; times: bins of self time."""
    usual = calling(*CALLS, times=times)

    def make(number: int) -> Flow:
        flow = usual(number)
        entry, first, *others = flow.shape
        return flow._replace(shape=(entry, first._replace(notes=(place(where),)), *others))

    return make


FAST = (100, 40, 70, 60)
SCENARIO = Scenario(
    production=asking("public"),
    faithful=asking("public", (108, 88, 78, 68)),
    drifting=asking("stub WireMock", FAST),
    subject="shop a",
    runs=40,
)


def test_a_fast_stub_is_said_of_that_call_alone() -> None:
    """How much faster it is stands in one line; no line of timing is about anything."""
    auditor = log_of(SCENARIO, drifting=True).fold()
    about = {name: found(lines(auditor, name)) for name in (each.name for each in DIMENSIONS)}
    subjects = {name: {subject for _, subject in each if subject} for name, each in about.items()}
    assert {name for name, each in subjects.items() if each} == {"dependency", "fidelity"}
    [line] = [line for line in lines(auditor, "fidelity") if line["subject"]]
    assert line["reason"].startswith("Simulated in the tests, and relative to its flow, 'shop a' is faster")


def test_a_stub_that_takes_its_time_is_like_the_live_one() -> None:
    """Where it is as slow as production's, all is said of it in its favour."""
    alike = SCENARIO._replace(drifting=asking("stub WireMock"))
    auditor = log_of(alike, drifting=True).fold()
    assert found(lines(auditor, "fidelity")) == {("ok", "")}


def test_what_is_live_is_no_question() -> None:
    """A fast call that nothing shows to be simulated is for timing to say."""
    live = SCENARIO._replace(drifting=asking("public", FAST))
    auditor = log_of(live, drifting=True).fold()
    assert found(lines(auditor, "fidelity")) == set()
    assert "shop a" in {line["subject"] for line in lines(auditor, "timing")}


def test_a_stub_that_is_gone_is_forgotten() -> None:
    """Once the tests ask the live one, nothing is left of what its stub was found to be."""
    back = SCENARIO._replace(drifting=SCENARIO.faithful, faithful=SCENARIO.drifting)
    auditor = log_of(back, drifting=True, before=40, runs=1).fold()
    assert found(lines(auditor, "fidelity")) == set()
