"""Which comparison is meant where nobody names one."""

import pytest

from monitor.drift.policy import Comparison
from monitor.publish.choice import SeveralError, UnknownNameError, chosen, chosen_for
from monitor.publish.view import View
from tests.unit.publish.records import comparison_record, summary_record, tell

ALL = tuple(
    Comparison(name=f"production-{name}", reference="production", candidate=name, when_seen=True)
    for name in ("integration", "test", "staging")
)


def view(*shown: str, runs: dict[str, str] | None = None, settled: dict[str, str] | None = None) -> View:
    """A view of comparisons, of open runs and of settled ones (run -> its environment)."""
    made = View()
    for name in shown:
        tell(made, f"comparison/production-{name}", comparison_record())
    lines = [{"run": run, "environment": environment, "last": 1} for run, environment in (runs or {}).items()]
    tell(made, "summary/0", {**summary_record(0), "runs": lines, "strangers": {"qa": ["of qa", "this."]}})
    for run, environment in (settled or {}).items():
        place = {"partition": 0, "offset": 1, "run": run, "environment": environment}
        tell(made, f"run/{environment}/{run}", place)
    return made


@pytest.mark.parametrize(
    ("shown", "name"),
    [((), "integration"), (("staging",), "staging"), (("staging", "test"), "test")],
)
def test_the_first_that_is_shown_is_meant(shown: tuple[str, ...], name: str) -> None:
    """In the order of the settings; before anything is shown the first of all."""
    assert chosen(view(*shown), ALL, None).candidate == name


def test_a_name_is_a_name() -> None:
    """Shown or not; one that is not configured is refused with those that are."""
    assert chosen(view("test"), ALL, "production-staging").candidate == "staging"
    with pytest.raises(UnknownNameError, match="configured: production-integration, production-test, prod"):
        chosen(view("test"), ALL, "production-qa")


def test_of_a_run_the_comparison_is_meant_that_it_is_in() -> None:
    """Open or settled; of a run that nobody has seen the one that is meant without it."""
    known = view("integration", "staging", "test", runs={"open": "staging"}, settled={"done": "test"})
    meant = [chosen_for(known, ALL, None, run).candidate for run in ("open", "done", "never")]
    assert meant == ["staging", "test", "integration"]
    assert chosen_for(known, ALL, "production-test", "open").candidate == "test"


def test_a_run_in_two_environments_needs_a_name() -> None:
    """The message has those that may be meant."""
    known = view("staging", "test", runs={"7": "staging"}, settled={"7": "test"})
    with pytest.raises(SeveralError, match="this run is in test and staging: name a comparison, one of prod"):
        chosen_for(known, ALL, None, "7")


def test_a_run_where_nothing_is_compared_is_told_with_what_to_set() -> None:
    """It would be waited for in vain."""
    with pytest.raises(UnknownNameError, match=r"this run is in qa, which no comparison has\. Set this\."):
        chosen_for(view("staging", runs={"7": "qa"}), ALL, None, "7")
