"""What may go wrong, and which tests show that it does no harm: `make docs` writes deploy/faults.md of it.

A test says which faults it shows: `@pytest.mark.fault(14, "http abuse")`. A row that no test in CI can show
names the command that does.
"""

import ast
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

TESTS = Path(__file__).resolve().parent
PAGE = TESTS.parent / "deploy" / "faults.md"
Name = int | str
"""A fault has a number, a threat a name."""


class Fault(NamedTuple):
    """A row: what happens, what must come of it, and commands that show what no test in CI can."""

    happens: str
    required: str
    commands: tuple[str, ...] = ()


FAULTS: Mapping[Name, Fault] = {
    1: Fault(
        "kill -9 anywhere",
        "nothing lost or doubled; the first record within 5 s plus what is read again",
        ("make chaos", "make bench"),
    ),
    2: Fault(
        "a storm of rebalances, a zombie", "nothing lost or doubled; a pod that returns in time moves nothing"
    ),
    3: Fault("a broker restarts, leaders and coordinators move", "work goes on by itself within 30 s, exact"),
    4: Fault(
        "no broker at the start", "alive, not ready, tried again; wrong credentials end with 78 and the cause"
    ),
    5: Fault(
        "a consumer is stuck in silence", "a part without progress is built anew, three times, then exit 70"
    ),
    6: Fault("a slow broker, half-open or cut connections", "memory is bounded, connections return, exact"),
    7: Fault("a client's stop hangs or fails", "every stop has its time"),
    8: Fault(
        "spans out of order, late or twice; clocks an hour off; negative durations",
        "counted; the order within the quiet gap changes nothing",
    ),
    9: Fault(
        "endless traces, one trace id for all, 100,000 spans, deep chains, cycles",
        "cut and marked; no recursion; no step is long",
    ),
    10: Fault(
        "ever new services, operations, flows, environments", "the rest counts as one; totals stay exact"
    ),
    11: Fault(
        "malformed, cut off, wrongly encoded or empty records",
        "a dead letter with its reason; reading goes on",
    ),
    12: Fault("a megabyte of empty spans", "refused by its bytes, before objects are made"),
    13: Fault(
        "deep nesting, lone surrogates, control characters", "refused, or a normalised name; /metrics answers"
    ),
    14: Fault("a decompression bomb", "refused at the limit; an unknown aiokafka is refused at the start"),
    15: Fault(
        "a batch that cannot be unpacked", "passed alone, with exactly what was lost; its neighbours count"
    ),
    16: Fault("a record that ends the process", "passed unread after some unclean exits with it in hand"),
    17: Fault(
        "what could not be read",
        "its bytes and reason are safe before its offset is passed; a partition of junk is not read on",
    ),
    18: Fault(
        "offsets out of range, topics made again, new partitions", "read from the right place; losses counted"
    ),
    19: Fault(
        "torn state, state of a newer version", "one shard is built again; newer state is never overwritten"
    ),
    20: Fault("alerts cannot be written", "every episode is written in the end, under one id"),
    21: Fault("a wrong configuration", "exit 78 with every mistake and its path"),
    22: Fault(
        "SIGTERM, and a second one", "exit 0 within 10 s, without brokers within 20 s; the second at once"
    ),
    23: Fault(
        "three times the load that fits",
        "lag grows, memory stays under 85 % of its limit, nothing is lost",
        ("make overload",),
    ),
    24: Fault("scrapes and requests without end", "pages stay quick and cost reading at most a twentieth"),
    25: Fault(
        "work that holds the event loop",
        "100 ms late in 99 of 100 cases, 500 ms at most",
        ("make bench",),
    ),
    26: Fault("an hour of work", "memory grows by less than 1 MB, descriptors not at all", ("make soak",)),
    27: Fault(
        "telemetry of tests or production stops", "one alert, no noise per flow, `insufficient` and not `ok`"
    ),
    28: Fault("headers that are null, not UTF-8, or thousands", "a dead letter at most; nothing stops"),
    29: Fault("20,000 run ids, 5,000 environments", "bounded in headers and state; the rest is counted"),
    30: Fault(
        "a row that is too large for the broker",
        "split, then a dead letter; other partitions go on; not ready",
    ),
    31: Fault("records 59 minutes ahead", "evidence goes on, no false alert, the host is named"),
    32: Fault("a host 10 to 290 s off", "how spans are grouped does not depend on it"),
    33: Fault(
        "junk, newer records, deletion on our own topics", "counted and passed, or not ready; never an exit"
    ),
    34: Fault("many half-open connections", "probes answer"),
    35: Fault("two processes with one member id", "exact; log and probe name both"),
    36: Fault(
        "wrong topic, dead broker, an output that cannot be written", "/readyz says so with the remedy"
    ),
    "secrets": Fault("secrets in logs, metrics, errors", "a planted one is found nowhere"),
    "personal data": Fault("values in telemetry", "a planted one is found nowhere but in dead letters"),
    "injection": Fault(
        "telemetry that is code, markup or a log line", "normalised once; quoted wherever it is shown"
    ),
    "foreign requests": Fault(
        "telemetry makes the daemon ask somebody",
        "no address comes from telemetry; answers send nobody elsewhere",
    ),
    "administration": Fault(
        "somebody else changes a run", "what changes anything needs a token, or loopback"
    ),
    "kafka": Fault(
        "somebody listens, or has too many rights",
        "TLS verifies; each way to authenticate; the least ACLs suffice",
    ),
    "deserialisation": Fault(
        "bytes become code", "no pickle, yaml.load, eval: rules S of the linter", ("make lint",)
    ),
    "http abuse": Fault("slow, large, many requests", "each has its time, size and number"),
    "container": Fault("somebody gets into the container", "no root, no rights, no token, a read-only root"),
    "supply chain": Fault("a dependency is replaced", "locks pin hashes and name no index"),
}


class Shown(NamedTuple):
    """A test that shows faults. file: below tests/."""

    file: str
    test: str
    faults: tuple[Name, ...]


def claims() -> Iterator[Shown]:
    """What tests say of themselves, by file."""
    for path in sorted(TESTS.rglob("test_*.py")):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and (faults := _claimed(node)):
                yield Shown(str(path.relative_to(TESTS)), node.name, faults)


def _claimed(node: ast.FunctionDef | ast.AsyncFunctionDef) -> tuple[Name, ...]:
    marks = (each for each in node.decorator_list if isinstance(each, ast.Call))
    named = [mark.args for mark in marks if ast.unparse(mark.func) == "pytest.mark.fault"]
    return tuple(ast.literal_eval(argument) for arguments in named for argument in arguments)


def page() -> str:
    """deploy/faults.md."""
    tests: dict[Name, list[Shown]] = defaultdict(list)
    for each in claims():
        for fault in each.faults:
            tests[fault].append(each)
    rows = (
        f"| {name} | {fault.happens} | {fault.required} | {_shown(fault, tests[name])} |\n"
        for name, fault in FAULTS.items()
    )
    return f"{_HEAD}{''.join(rows)}"


_HEAD = """\
# What may go wrong

Written by `make docs` from `tests/faults.py` and the tests, each of which says in a mark which rows it shows.
A command stands where no test in CI can show it.

| # | what happens | what must come of it | shown by |
| --- | --- | --- | --- |
"""


def _shown(fault: Fault, tests: Sequence[Shown]) -> str:
    links = [f"[{_words(each.test)}](../tests/{each.file})" for each in tests]
    return "; ".join([*(f"`{command}`" for command in fault.commands), *links])


def _words(test: str) -> str:
    return test.removeprefix("test_").replace("_", " ")


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
