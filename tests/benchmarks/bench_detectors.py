"""Microseconds of one update of `Mix` and `Mean`: `python -m tests.benchmarks.bench_detectors`."""

from collections.abc import Callable
from functools import partial

from monitor.stats.mean import Mean
from monitor.stats.mix import Mix
from monitor.stats.rate import Rate
from tests.benchmarks.bench_rate import microseconds


def zipf(categories: int) -> tuple[float, ...]:
    shares = [1.0 / rank for rank in range(1, categories + 1)]
    return tuple([share / sum(shares) for share in shares])


def main() -> None:
    """Print one line per case, and the packed size of a path's detectors."""
    cases: dict[str, Callable[[], object]] = {}
    for k in (4, 8, 16):
        p, quiet, drifting = zipf(k), Mix(k), Mix(k)
        last = tuple([float(y == k - 1) for y in range(k)])
        cases[f"Mix.update, {k} categories, as in production"] = partial(quiet.update, p, p, 0.1)
        cases[f"Mix.update, {k} categories, every bettor bets"] = partial(drifting.update, last, p, 0.1)
    quiet_mean, drifting_mean = Mean(), Mean()
    cases["Mean.update, within the tolerance"] = lambda: quiet_mean.update(0.5, 0.4, 0.6)
    cases["Mean.update, every bettor bets"] = lambda: drifting_mean.update(0.8, 0.4, 0.6)
    for name, call in cases.items():
        print(f"{microseconds(call, times=200):9.3f} us  {name}")
    packed = 40 * len(Rate().pack()) + 3 * len(Mix(16).pack()) + 5 * len(Mean().pack())
    print(f"{packed:9,} bytes  40 rates, 3 mixes of 16 categories, 5 means, packed")


if __name__ == "__main__":
    main()
