"""The metamorphic laws on many seeds, as a table: none may be wrong. 5,000 pairs take an hour of CPU time."""

from tests.evaluation.tables import Table
from tests.metamorphic.sweep import seeds_of, sweep
from tests.metamorphic.trials import LAWS

LISTED = 12
"""Wrong seeds that are named, per law."""


def metamorphic(pairs: int) -> Table:
    """Every law of `tests.metamorphic` on as many seeds as belong to so many pairs of law (a)."""
    return Table(
        f"Metamorphic laws on {pairs:,} pairs of observations",
        ("law", "trials", "wrong", "seeds"),
        [_row(law, pairs) for law in LAWS],
    )


def _row(law: str, pairs: int) -> tuple[str, ...]:
    results = list(sweep(law, seeds_of(law, 0, pairs)))
    wrong = [str(each.seed) for each in results if each.wrong]
    return law, f"{len(results):,}", f"{len(wrong):,}", ", ".join(wrong[:LISTED])
