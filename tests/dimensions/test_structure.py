"""Structure: a call that production always makes and tests do not."""

from tests.dimensions.scenario import Scenario, calling

SCENARIO = Scenario(
    production=calling("POST /charge", "db INSERT orders"),
    faithful=calling("POST /charge", "db INSERT orders"),
    drifting=calling("db INSERT orders"),
    subject="shop POST /orders -> POST /charge",
)
