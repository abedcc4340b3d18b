"""`python -m tests.metamorphic SEED [LAW]`: one seed of each law, explained in full.

`--shrink` removes what a wrong trial does not need before it is explained. `--upto N` tries all seeds up to N
instead, and prints what is wrong, and a line per tag: how many trials were.
"""

from argparse import ArgumentParser
from collections import Counter
from collections.abc import Iterable

from tests.metamorphic.explained import explained
from tests.metamorphic.shrink import shrunk
from tests.metamorphic.sweep import seeds_of, sweep
from tests.metamorphic.trials import LAWS


def replay(seed: int, laws: Iterable[str], *, smaller: bool) -> None:
    """Print everything about one seed."""
    for law in laws:
        trial = LAWS[law](seed)
        outcome = trial.run()
        if smaller and outcome.broken:
            trial = shrunk(trial)
            outcome = trial.run()
        print(explained(trial, outcome), end="\n\n")


def search(begin: int, end: int, laws: Iterable[str]) -> None:
    """Print what is wrong among many seeds, and how often by tag."""
    for law in laws:
        tags, wrong = Counter[str](), Counter[str]()
        for each in sweep(law, seeds_of(law, begin, end)):
            tags.update(each.tags)
            if each.wrong:
                wrong.update(each.tags)
                print(each.wrong, end="\n\n", flush=True)
        for tag, count in sorted(tags.items()):
            print(f"{law}: {tag}: {wrong[tag]} of {count} wrong")


def main() -> None:
    """Replay one seed, or search many."""
    parser = ArgumentParser(prog="python -m tests.metamorphic", description=__doc__)
    parser.add_argument("seed", type=int)
    parser.add_argument("law", nargs="?", choices=LAWS, help="only this law")
    parser.add_argument("--shrink", action="store_true")
    parser.add_argument("--upto", type=int, help="all seeds from SEED up to this one")
    options = parser.parse_args()
    laws = [options.law] if options.law else [*LAWS]
    if options.upto is None:
        replay(options.seed, laws, smaller=options.shrink)
    else:
        search(options.seed, options.upto, laws)


if __name__ == "__main__":
    main()
