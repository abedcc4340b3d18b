"""Microseconds of what runs per unit or per span: `python -m tests.benchmarks.bench_rate`."""

from collections.abc import Callable
from timeit import repeat

from monitor.stats.histogram import bin_of
from monitor.stats.interval import clopper_pearson, widened
from monitor.stats.rate import Rate, units_to_tell


def microseconds(call: Callable[[], object], times: int = 1000) -> float:
    """The best of many short runs: what the machine does when nobody else uses it."""
    return min(repeat(call, number=times, repeat=200)) / times * 1e6


def main() -> None:
    """Print one line per case."""
    low, high = widened(*clopper_pearson(20_000, 20_000), 3.0)
    rate = Rate()
    cases: dict[str, Callable[[], object]] = {
        "Rate.update, always present, every bettor bets": lambda: rate.update(1.0, low, high, 1.0),
        "Rate.update, a share of 1/3 within the tolerance": lambda: rate.update(1 / 3, 0.1, 0.7, 0.4),
        "Rate.pack": rate.pack,
        "bin_of, 123 ms": lambda: bin_of(123_456_789),
    }
    for name, call in cases.items():
        print(f"{microseconds(call):9.3f} us  {name}")
    exact = microseconds(lambda: clopper_pearson.__wrapped__(600_000, 1_000_000), times=1)
    print(f"{exact:9.3f} us  clopper_pearson, 600,000 of 1,000,000, not cached")
    power = microseconds(lambda: units_to_tell.__wrapped__(False, low, high, 1.0, 1e6), times=10)
    print(f"{power:9.3f} us  units_to_tell, not cached")


if __name__ == "__main__":
    main()
