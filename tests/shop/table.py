"""The acceptance scenarios of the product: what is injected, and what must, may and must not be reported.

Everything that is neither in `must` nor in `may`, or is about something else, is wrong, also in the twins.
"""

from tests.shop import deployments, telemetry
from tests.shop import injections as inject
from tests.shop.promises import LOST_RUNS, appears, slower, vanishes
from tests.shop.scenario import Beginning, Expected, Scenario

SMALL = Beginning(traces=500, runs=3)
SAMPLED = Beginning(traces=800, state="ot=th:fd70a4", sampling="unknown", runs=3)
UNSTATED = SAMPLED._replace(state="")
FIRST = Beginning(traces=1200, runs=0)
"""Nothing was tested before."""

COSTLY = 1
"""Seeds on which CI plays what takes long."""
DRIFT, SUSPECT = "drift", "suspect"

SCENARIOS: tuple[Scenario, ...] = (
    Scenario(name="quiet", inject=inject.nothing, runs=6),
    Scenario(name="quiet_and_small", inject=inject.nothing, runs=4, beginning=SMALL),
    Scenario(name="quiet_from_the_start", inject=inject.nothing, runs=2, beginning=FIRST),
    Scenario(
        name="mocked_away",
        inject=inject.call_dropped,
        must=(Expected("structure", DRIFT, "candidate"),),
        promised=vanishes,
        pages=True,
    ),
    Scenario(
        name="size_invariant",
        seeds=COSTLY,
        inject=inject.call_dropped,
        must=(Expected("structure", DRIFT),),
        promised=vanishes,
        pages=True,
        beginning=SMALL,
        runs=9,
        twin="quiet_and_small",
    ),
    Scenario(
        name="seeding_shortcut",
        inject=inject.fixtures_written,
        must=(Expected("structure", DRIFT, "candidate"),),
        promised=appears,
        pages=True,
    ),
    Scenario(
        name="n_plus_one",
        inject=inject.asked_once,
        must=(Expected("fanout", DRIFT),),
        promised=vanishes,
        pages=True,
    ),
    Scenario(
        name="reordered",
        inject=inject.reordered,
        must=(Expected("sequence", DRIFT),),
        promised=vanishes,
        pages=True,
        runs=5,
    ),
    Scenario(
        name="service_stubbed",
        inject=inject.service_stubbed,
        must=(Expected("dependency", DRIFT),),
        may=("audit", "missing"),
        promised=vanishes,
        pages=True,
    ),
    Scenario(
        name="stub_is_one_edge",
        inject=inject.external_stubbed,
        must=(Expected("dependency", DRIFT),),
        promised=vanishes,
        pages=True,
    ),
    Scenario(
        name="consumer_missing",
        inject=inject.consumer_stopped,
        must=(Expected("coverage", DRIFT), Expected("missing"), Expected("dependency", SUSPECT)),
        pages=True,
        runs=LOST_RUNS,
    ),
    Scenario(
        name="carrier_names",
        inject=inject.one_of_a_carrier,
        must=(Expected("missing"), Expected("coverage", SUSPECT)),
        beginning=FIRST,
        runs=2,
        twin="quiet_from_the_start",
    ),
    Scenario(name="slow_test_machine", inject=inject.slow_machine, runs=8),
    Scenario(
        name="one_slow_operation",
        seeds=COSTLY,
        inject=inject.slower_step(2.0),
        must=(Expected("timing", SUSPECT),),
        promised=slower,
        runs=16,
    ),
    Scenario(
        name="who_moved",
        inject=deployments.deployed,
        must=(Expected("structure", DRIFT, "reference"),),
        may=("release",),
        runs=7,
        pages=True,
        twin="only_a_version",
    ),
    Scenario(name="only_a_version", inject=deployments.only_a_version),
    Scenario(
        name="new_endpoint",
        inject=deployments.appeared(1),
        must=(Expected("missing"), Expected("coverage", SUSPECT)),
        may=("release",),
        runs=2,
        twin="new_and_tested",
    ),
    Scenario(name="new_and_tested", inject=deployments.appeared(3, 3), runs=2),
    Scenario(
        name="release_gap",
        inject=deployments.appeared(3, 1),
        must=(Expected("release"), Expected("missing"), Expected("coverage", SUSPECT)),
        runs=2,
        twin="new_and_tested",
    ),
    Scenario(
        name="dead_flow",
        seeds=COSTLY,
        inject=deployments.gone,
        must=(Expected("dead"), Expected("coverage", SUSPECT)),
        runs=2,
        twin="eight_days",
    ),
    Scenario(name="eight_days", seeds=COSTLY, inject=deployments.days_pass, runs=2),
    Scenario(
        name="telemetry_lost", inject=telemetry.broken_off, must=(Expected("lost"),), runs=2, pages=True
    ),
    Scenario(
        name="late_and_lost",
        inject=telemetry.late_and_lost,
        must=(Expected("loss"),),
        # A caller's own time holds that of a call that got lost.
        may=("audit", "hint inner", "hint silent", "timing"),
        runs=6,
    ),
    Scenario(name="re_instrumented", inject=telemetry.re_instrumented, may=("internals",), runs=4),
    Scenario(
        name="sampling_invariant",
        seeds=COSTLY,
        inject=inject.nothing,
        beginning=SAMPLED,
        may=("hint sampling",),
    ),
    Scenario(
        name="sampling_unstated",
        seeds=COSTLY,
        inject=inject.nothing,
        beginning=UNSTATED,
        may=("hint sampling",),
    ),
    Scenario(name="a_a_quiet", seeds=COSTLY, inject=telemetry.production_itself, beginning=FIRST, runs=1),
    Scenario(
        name="failure_paths",
        inject=inject.no_invalid_input,
        must=(Expected("failures"),),
        beginning=FIRST,
        runs=2,
        twin="quiet_from_the_start",
    ),
    Scenario(
        name="hollow_green",
        inject=inject.everything_mocked,
        must=(Expected("gate", "not pass"),),
        may=("structure", "coverage", "missing", "failures"),
        pages=True,
    ),
    Scenario(name="pr_branch", inject=telemetry.on_a_branch, must=(Expected("gate", DRIFT),)),
    Scenario(
        name="pr_branch_and_small",
        inject=telemetry.on_a_branch,
        must=(Expected("gate", "not pass"),),
        runs=2,
        beginning=SMALL,
        twin="quiet_and_small",
    ),
    Scenario(
        name="run_speaks_for_itself",
        seeds=COSTLY,
        inject=telemetry.mended,
        must=(Expected("gate", "pass"),),
        may=("structure",),
        runs=8,
        pages=True,
    ),
    Scenario(name="inner_entry", inject=inject.inner_called, must=(Expected("hint inner"),), runs=6),
    Scenario(name="flag_mismatch", inject=inject.flag_off, must=(Expected("parity"),)),
    Scenario(
        name="auth_skipped",
        inject=inject.unidentified,
        must=(Expected("auth", DRIFT),),
        promised=vanishes,
        pages=True,
    ),
    Scenario(name="field_vanishes", inject=inject.vanished, must=(Expected("contract", DRIFT),)),
    Scenario(name="type_changes", inject=inject.retyped, must=(Expected("contract", DRIFT),)),
    Scenario(
        name="same_old_data", inject=inject.same_customer, must=(Expected("variety"),), awaits="variety"
    ),
    Scenario(
        name="mock_diverges",
        seeds=COSTLY,
        inject=inject.stub_diverges,
        must=(Expected("fidelity"), Expected("dependency", DRIFT)),
        runs=16,
    ),
    Scenario(
        name="unaudited_call",
        inject=telemetry.unaudited,
        must=(Expected("audit"),),
        may=("dependency",),  # whose span is missing, and why, nobody can tell
    ),
    Scenario(
        name="concurrency_parity",
        inject=deployments.overlapping,
        must=(Expected("concurrency"),),
    ),
    Scenario(
        name="invalid_input_untested",
        inject=inject.no_invalid_input,
        must=(Expected("variety"),),
        awaits="variety",
    ),
)

AWAITING = tuple(scenario for scenario in SCENARIOS if scenario.awaits)
PLAYED = tuple(scenario for scenario in SCENARIOS if not scenario.awaits)
PROMISED = frozenset(
    {
        "a_a_quiet",
        "size_invariant",
        "sampling_invariant",
        "late_and_lost",
        "new_endpoint",
        "dead_flow",
        "mocked_away",
        "mock_diverges",
        "n_plus_one",
        "reordered",
        "flag_mismatch",
        "auth_skipped",
        "slow_test_machine",
        "one_slow_operation",
        "who_moved",
        "telemetry_lost",
        "field_vanishes",
        "type_changes",
        "same_old_data",
        "invalid_input_untested",
        "failure_paths",
        "unaudited_call",
        "seeding_shortcut",
        "concurrency_parity",
        "hollow_green",
        "pr_branch",
        "inner_entry",
        "service_stubbed",
        "consumer_missing",
        "carrier_names",
        "re_instrumented",
        "run_speaks_for_itself",
        "release_gap",
        "stub_is_one_edge",
    }
)
"""The names in the product's description, but for `recall_closes` and `accept_grows`."""
