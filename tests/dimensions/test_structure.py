"""Structure: a call that production always makes and tests do not."""

from tests.dimensions.scenario import Scenario, calling, lines, log_of
from tests.dimensions.test_dependency import answered

SCENARIO = Scenario(
    production=calling("POST /charge", "db INSERT orders"),
    faithful=calling("POST /charge", "db INSERT orders"),
    drifting=calling("db INSERT orders"),
    subject="shop POST /orders -> POST /charge",
)


def test_a_call_is_shown_with_the_service_at_its_other_end() -> None:
    """A sentence about a missing call says who answers it in production."""
    scenario = SCENARIO._replace(production=answered("payments"), drifting=calling())
    [line] = lines(log_of(scenario, drifting=True).fold(), "structure")
    assert line["reason"].startswith("'shop POST /orders -> POST /charge' (of payments) happens in all 6,000")
