"""Timing: one operation that takes four times as long as in production, relative to its flow."""

from tests.dimensions.scenario import Scenario, calling

CALLS = ("a", "b", "c")
SCENARIO = Scenario(
    production=calling(*CALLS, times=(100, 80, 70, 60)),
    faithful=calling(*CALLS, times=(108, 88, 78, 68)),
    drifting=calling(*CALLS, times=(100, 96, 70, 60)),
    subject="shop a",
    runs=30,
)
