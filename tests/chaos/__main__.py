"""`python -m tests.chaos [--seeds 1] [--kills 30]`: kill daemons on a real Apache Kafka, and count."""

import asyncio
import shutil
import sys
import tempfile
from argparse import ArgumentParser, Namespace
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from tests.chaos.controls import CONTROLS
from tests.chaos.points import POINTS
from tests.chaos.season import Outcome, Season
from tests.chaos.storm import Tally
from tests.integration.apache_kafka import ApacheKafka
from tests.integration.kafka_jars import KafkaUnavailableError

PROGRESS_SECONDS = 60.0
SHOWN = 5


async def progress(tally: Tally) -> None:
    """Say now and then how many were killed."""
    while True:
        await asyncio.sleep(PROGRESS_SECONDS)
        print(f"  {tally.kills.total()} kills", flush=True)


def said(outcome: Outcome) -> str:
    """A seed in a few lines."""
    found = outcome.findings
    lines = [
        _storm(outcome),
        f"  {outcome.out:.0%} of the traffic was done when the storm ended; pace {outcome.pace:.1f}",
        f"  {found.produced.junk} records without telemetry: {found.letters} dead letters",
        f"  flows {found.flows.found}, undisturbed {found.flows.undisturbed}",
        f"  state {found.state.found}, undisturbed {found.state.undisturbed}",
        f"  verdicts {found.verdicts.found}, undisturbed {found.verdicts.undisturbed}",
        f"  {found.claims} checkpoints and verdicts written, wrong {len(found.wrong)}",
        *(f"  wrong: {each}" for each in found.wrong[:SHOWN]),
        *(f"  lost: {each.hex()}" for each in sorted(found.lost)[:SHOWN]),
        *(f"  doubled: {each.hex()}" for each in sorted(found.doubled)[:SHOWN]),
        *(f"  {each}" for each in outcome.tally.unexpected),
        f"  {'ok' if outcome.holds else 'FAILED'}",
    ]
    return "\n".join(lines)


def _storm(outcome: Outcome) -> str:
    found, tally = outcome.findings, outcome.tally
    return (
        f"seed {outcome.seed}: {tally.kills.total()} kills in {outcome.seconds:.0f} s; {tally.joined} begun, "
        f"{tally.frozen.total()} frozen, {tally.left} left in order, {tally.twins} twins\n"
        f"  {len(found.produced.traces)} traces: lost {len(found.lost)}, doubled {len(found.doubled)}, "
        f"counted by the daemon {found.counted}"
    )


def table(kills: Counter[str], frozen: Counter[str]) -> str:
    """How often each fault point was reached."""
    names = dict.fromkeys([*(point.name for point in POINTS), *sorted(kills), *sorted(frozen)])
    lines = [f"{name:<38} {kills[name]:>6} {frozen[name]:>7}" for name in names]
    return "\n".join([f"{'fault point':<38} {'killed':>6} {'frozen':>7}", *lines])


def seasons(broker: str, folder: Path, seeds: range, kills: int, control: str | None) -> list[Outcome]:
    """One seed after the other; ends at the first that fails."""
    outcomes: list[Outcome] = []
    for seed in seeds:
        own = folder / str(seed)
        own.mkdir(parents=True)
        outcomes.append(asyncio.run(Season(broker, own, seed, control).run(kills, progress)))
        print(said(outcomes[-1]), flush=True)
        if not outcomes[-1].holds:
            break
    return outcomes


def options() -> Namespace:
    """What the command line says."""
    parser = ArgumentParser(prog="make chaos", description=__doc__)
    parser.add_argument("--seeds", type=int, default=1, help="how many seeds, from --first on")
    parser.add_argument("--first", type=int, default=1, help="the first seed")
    parser.add_argument("--kills", type=int, default=30, help="processes to kill per seed")
    parser.add_argument("--folder", type=Path, help="where to keep logs, also when all is well")
    parser.add_argument("--control", choices=CONTROLS, help="break the protocol: the proofs must fail")
    return parser.parse_args()


def main() -> int:
    """Exit code 0 when nothing is lost, doubled or different in any seed, else 1."""
    asked = options()
    folder = asked.folder or Path(tempfile.mkdtemp(prefix="flowdrift-chaos-"))
    seeds = range(asked.first, asked.first + asked.seeds)
    try:
        with ApacheKafka(folder / "kafka") as kafka:
            outcomes = seasons(kafka.bootstrap, folder, seeds, asked.kills, asked.control)
    except KafkaUnavailableError as missing:
        print(f"Apache Kafka cannot run here: {missing}")
        return 1
    print(total(outcomes))
    if not all(outcome.holds for outcome in outcomes):
        print(f"FAILED; the logs of all processes lie in {folder}")
        return 1
    if not asked.folder:
        shutil.rmtree(folder, ignore_errors=True)
    return 0


def total(outcomes: Sequence[Outcome]) -> str:
    """All seeds together."""
    tally = sum((outcome.tally for outcome in outcomes), Tally())
    found = [outcome.findings for outcome in outcomes]
    lost, doubled, traces = (
        sum(len(each) for each in column)
        for column in zip(*((f.lost, f.doubled, f.produced.traces) for f in found), strict=True)
    )
    counts = f"{tally.kills.total()} kills, {traces} traces: lost {lost}, doubled {doubled}"
    return f"{table(tally.kills, tally.frozen)}\n{counts}"


if __name__ == "__main__":
    sys.exit(main())
