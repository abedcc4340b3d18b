"""`python -m tests.simulation SEED --hours N`: worlds from SEED on, with a line for each, and the sum.

A simulated hour is sparse. One in four has a burst of half a minute: 14 requests of production and a test run
of 8 cases, in some 70 records on three or four partitions, and all processes work in steps of a second until
everything is out. The rest is silence, with three rounds an hour. In one of seven rounds of a burst, and one
of twenty in silence, something happens: a process ends at any step, stops, loses a broker or a partition, or
a partition gets a second reader.

Exit 1 where a check fails: its seed is explained by what happened last.
"""

import sys
from argparse import ArgumentParser
from collections import Counter
from time import process_time

from tests.simulation.simulate import Outcome, worlds

KINDS = ("crashes", "freezes", "cuts", "rebalances", "twins", "records", "flows", "alerts", "lost", "doubled")


def told(counts: Counter[str]) -> str:
    """Counts in one line."""
    return ", ".join(f"{kind} {counts[kind]:,}" for kind in KINDS)


def explained(outcome: Outcome) -> str:
    """What is wrong in a world, after what."""
    happened = "\n".join(f"    {each}" for each in outcome.story)
    again = f"python -m tests.simulation {outcome.seed} --hours {outcome.hours + 1}"
    return f"  {outcome.broken}\n  after\n{happened}\n  again: {again}"


def main() -> None:
    """Simulate, print, and say by the exit code whether all held."""
    parser = ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    parser.add_argument("seed", type=int, nargs="?", default=1)
    parser.add_argument("--hours", type=int, default=100, help="simulated, of all worlds together")
    options = parser.parse_args()
    begun, hours, broken, counts = process_time(), 0, 0, Counter[str]()
    for outcome in worlds(options.seed, options.hours):
        hours, counts = hours + outcome.hours, counts + outcome.counts
        happened = f"{outcome.hours} h, {told(outcome.counts)}, digest {outcome.digest[:16]}"
        print(f"seed {outcome.seed}: {happened}", flush=True)
        if outcome.broken:
            broken += 1
            print(explained(outcome), flush=True)
    seconds = f"{process_time() - begun:.0f} s of one core"
    print(f"{hours:,} simulated hours in {seconds}: {told(counts)}, failed worlds {broken}")
    sys.exit(bool(broken))


if __name__ == "__main__":
    main()
