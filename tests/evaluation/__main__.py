"""`python -m tests.evaluation --streams 20000 --pairs 5000 --shops 20 --rehearsals 10`: print the tables.

That many take two hours.
"""

from argparse import ArgumentParser
from time import perf_counter

from tests.evaluation.metamorphic import metamorphic
from tests.evaluation.rehearsal import rehearsals
from tests.evaluation.shops import shops
from tests.evaluation.tables import Table, tables


def markdown(table: Table) -> str:
    """The table as text that reads as well as it renders."""
    rows = [table.columns, *table.rows]
    widths = [max(len(row[i]) for row in rows) for i in range(len(table.columns))]
    lines = [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |"
        for row in rows
    ]
    lines.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return f"## {table.title}\n\n" + "\n".join(lines) + "\n"


def main() -> None:
    """Print one table after the other, as they are done."""
    parser = ArgumentParser(prog="python -m tests.evaluation", description=__doc__)
    parser.add_argument("--streams", type=int, default=2000, help="streams of the null fleet")
    parser.add_argument("--pairs", type=int, default=200, help="pairs of observations of one system")
    parser.add_argument("--shops", type=int, default=1, help="generated shops on which scenarios are played")
    parser.add_argument("--rehearsals", type=int, default=1, help="performances of the demo")
    options = parser.parse_args()
    begun = perf_counter()
    for table in tables(options.streams):
        print(markdown(table), flush=True)
    print(markdown(metamorphic(options.pairs)), flush=True)
    print(markdown(shops(options.shops)), flush=True)
    print(markdown(rehearsals(options.rehearsals)), flush=True)
    print(f"{perf_counter() - begun:.0f} s")


if __name__ == "__main__":
    main()
