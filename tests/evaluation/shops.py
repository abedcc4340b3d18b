"""The acceptance scenarios on many generated shops: units to detection against what is promised."""

from collections.abc import Iterator
from statistics import median

from tests.evaluation.tables import Table
from tests.shop.judged import found_after, problems
from tests.shop.playing import Played, play
from tests.shop.scenario import Scenario
from tests.shop.table import SCENARIOS

LISTED = 12
"""Seeds with problems that are named, per scenario."""


def shops(seeds: int) -> Table:
    """Every scenario on so many seeds; what is only awaited is listed, too."""
    # By seed: scenarios of one share their first hours.
    played = [[_result(scenario, seed) for scenario in SCENARIOS] for seed in range(seeds)]
    columns = ("scenario", "found", "units", "promised", "wrong", "seeds")
    rows = [_row(scenario, [each[place] for each in played]) for place, scenario in enumerate(SCENARIOS)]
    return Table(f"Acceptance scenarios on {seeds:,} generated shops", columns, rows)


def _result(scenario: Scenario, seed: int) -> tuple[Played, bool] | None:
    if scenario.awaits:
        return None
    played = play(scenario, seed)
    return played, bool(problems(played))


def _row(scenario: Scenario, results: list[tuple[Played, bool] | None]) -> tuple[str, ...]:
    found = [result for result in results if result]
    if not found:
        return scenario.name, f"awaits {scenario.awaits}", "", "", "", ""
    wrong = [str(seed) for seed, (_, is_wrong) in enumerate(found) if is_wrong]
    known = f"known: {scenario.wrong}" if scenario.wrong else ", ".join(wrong[:LISTED])
    units = list(_units(played for played, _ in found))
    promised = [p.promised_runs * p.units_per_run for p, _ in found if p.promised_runs is not None]
    return scenario.name, f"{len(units)}", _spread(units), _spread(promised), f"{len(wrong)}", known


def _units(played: Iterator[Played]) -> Iterator[int]:
    for each in played:
        if (runs := found_after(each)) is not None:
            yield runs * each.units_per_run


def _spread(numbers: list[int]) -> str:
    """Median and maximum; '' of nothing."""
    return f"{median(numbers):g} (at most {max(numbers)})" if numbers else ""
