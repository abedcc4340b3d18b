"""Environments that arrive: which are kept, and the line that is to be pasted for those nobody compares."""

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from monitor.drift.policy import Comparison, Policy
from monitor.pipeline.timeline.arrivals import LONGEST_NAME, MOST_NAMED, REMEMBERED_MS, Arrivals, stranger
from monitor.settings import Settings, load
from monitor.wire.attribution import Attribution
from monitor.wire.names import normalise
from monitor.wire.semconv import ENVIRONMENT
from monitor.wire.span import UNKNOWN
from tests.rows import header

DEFAULT = Settings().policy
SIDES = "reference: production, candidate: qa}"
EXPLICIT = Policy(comparisons=(Comparison(name="c", reference="production", candidate="staging"),))


def heard(
    *names: str, stamp: int = 0, arrivals: Arrivals | None = None, policy: Policy = DEFAULT
) -> Arrivals:
    arrivals = arrivals or Arrivals()
    for name in names:
        arrivals.receive(header(low_times={name: 0}), stamp, policy)
    return arrivals


def test_what_no_comparison_has_is_a_stranger() -> None:
    """Sides of comparisons are none, nor is synthetic traffic in a reference; spans without a name are."""
    arrivals = heard("production", "staging", "qa", UNKNOWN, "production-synthetic", "staging-synthetic")
    assert sorted(arrivals.strangers(DEFAULT)) == ["qa", "staging-synthetic", UNKNOWN]


def test_before_the_first_policy_nobody_is_a_stranger() -> None:
    """Nothing is known of what is compared."""
    assert heard("qa", policy=Policy()).strangers(Policy()) == {}


def test_a_stranger_that_comes_no_more_is_forgotten_after_a_day() -> None:
    """By the time of the flows topic; what is compared stays."""
    arrivals = heard("qa", "staging")
    assert arrivals.receive(header(low_times={"uat": 0}), REMEMBERED_MS, DEFAULT) == []
    assert arrivals.receive(header(low_times={"uat": 0}), REMEMBERED_MS + 1, DEFAULT) == ["qa"]
    assert sorted(arrivals.named) == ["staging", "uat"]


def test_the_strangers_named_last_are_kept() -> None:
    """However many names telemetry makes up; what is compared is never among those that go."""
    arrivals = heard("staging", "old", *(f"pr-{n}" for n in range(MOST_NAMED - 1)), "old")
    assert arrivals.receive(header(low_times={"new": 0}), 0, DEFAULT) == ["pr-0"]
    assert len(arrivals.named) == MOST_NAMED + 1 and {"staging", "old", "new"} <= arrivals.named.keys()
    assert Arrivals.unpack(arrivals.pack()).named == arrivals.named


@pytest.mark.parametrize(
    ("environment", "policy", "line"),
    [
        ("qa", DEFAULT, "environments: {qa: {}}"),
        ("no", DEFAULT, 'environments: {"no": {}}'),
        ("eu/qa", DEFAULT, 'environments: {eu-qa: {match: {deployment.environment.name: ["eu/qa"]}}}'),
        (
            "qa",
            EXPLICIT,
            "environments: {qa: {}} and under comparisons: - {name: production-qa, " + SIDES,
        ),
    ],
)
def test_the_line_to_paste(environment: str, policy: Policy, line: str) -> None:
    """Another environment alone where comparisons follow from environments, else its comparison, too."""
    assert stranger(environment, policy) == (f"of {environment}", line)


def test_spans_without_an_environment_are_to_name_one() -> None:
    """There is nothing that could be compared by its name."""
    whose, remedy = stranger(UNKNOWN, DEFAULT)
    assert whose == "without an environment" and remedy.startswith("deployment.environment.name on their")


@given(name=st.text(min_size=1, max_size=300).map(normalise).filter(lambda name: name and name != UNKNOWN))
def test_whatever_its_name_the_line_compares_it(name: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    """The settings take the line, and a span with that value is then of an environment that is compared."""
    if DEFAULT.compares(Attribution(Settings().attribution).identify(name, {}, {}, "", "").environment):
        return
    file = tmp_path_factory.mktemp("settings") / "flowdrift.yaml"
    file.write_text(stranger(name, DEFAULT).remedy, encoding="utf-8")
    settings = load(file)
    found = Attribution(settings.attribution).identify(None, {ENVIRONMENT: name}, {}, "", "").environment
    assert settings.policy.of_candidate(found) and len(found) <= LONGEST_NAME
    assert list(yaml.safe_load(file.read_text(encoding="utf-8"))) == ["environments"]
