"""`python -m tests.shop SEED [SCENARIO ...]`: what each scenario is found to be on the shop of a seed."""

import sys
from time import process_time

from tests.shop.judged import findings, found_after, problems
from tests.shop.playing import play
from tests.shop.table import SCENARIOS


def main() -> None:
    """Play, and print what was reported and what is wrong."""
    seed, names = int(sys.argv[1]), sys.argv[2:]
    for scenario in SCENARIOS:
        if scenario.name in names or (not names and not scenario.awaits):
            began = process_time()
            played = play(scenario, seed)
            wrong = problems(played)
            after, promised = found_after(played), played.promised_runs
            found = f"found after {after} runs of {played.units_per_run} units, promised {promised}"
            took = f"{process_time() - began:.1f} s"
            print(f"{scenario.name}: {played.injected.says}; {found}, {took}", flush=True)
            for each in wrong:
                print(f"    WRONG {each}")
            for finding in list(findings(played.report))[:40]:
                print(f"    {finding}")
            for answer in played.answers[-1:]:
                print("    gate:", answer.state, answer.reason)


if __name__ == "__main__":
    main()
