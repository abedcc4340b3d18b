"""A bench of which the view knows one comparison, and records of flows as pages read them."""

from typing import Any

from monitor.publish.settings import LinksSettings
from tests.unit.publish.bench import Bench
from tests.unit.publish.pages.reading import Shown
from tests.unit.publish.records import COMPARISON, comparison_record, flow_record, tell, verdict

NO_LINKS = LinksSettings()
PAY = "shop POST /pay"
CHARGE = f"{PAY} -> stripe POST /charge"
DRIFT: dict[str, Any] = {
    "state": "drift",
    "subject": CHARGE,
    "service": "shop",
    "severity": "pages",
    "onset": 1_700_000_000_000,
    "moved": "candidate",
    "began_with": "run 17",
    "reason": f"'{CHARGE}' happens in all 1,500 production traces and in 0 of 6 test cases.",
    "examples": {"reference": ["aa" * 16], "candidate": ["bb" * 16]},
}
CALLS: tuple[list[Any], ...] = (
    [-1, "server", "shop", "POST /pay", 1.0, 1.0],
    [0, "client", "stripe", "POST /charge", 1.0, 0.0],
    [0, "client", "shop", "SELECT orders", 0.4, 0.5],
)


def tree(*calls: list[Any], outcome: str = "ok", **more: Any) -> dict[str, Any]:
    """A path of 1,500 requests in production and 24 in tests."""
    return {
        "outcome": outcome,
        "reference": {"traces": 1500, "first": 1_699_400_000_000, "last": 1_700_000_000_000},
        "candidate": {"traces": 24, "first": 1_699_990_000_000, "last": 1_700_000_000_000},
        "calls": [list(call) for call in calls or CALLS],
        **more,
    }


def filled(*, links: LinksSettings = NO_LINKS, **comparison: Any) -> Bench:
    """A bench that knows the comparison, and no flow."""
    bench = Bench(links=links)
    known = {**comparison_record(units=5), **comparison}
    tell(bench.view, f"comparison/{COMPARISON}", known)
    return bench


def with_flow(bench: Bench, flow: str, *lines: dict[str, Any], **more: Any) -> Bench:
    """Let it know a flow of this name, with these lines."""
    service, _, operation = flow.partition(" ")
    record = {**flow_record(flow, *(verdict(flow, **line) for line in lines)), **more}
    tell(bench.view, f"flow/{COMPARISON}/{service}\t{operation}", record)
    return bench


def drifting() -> Bench:
    """A bench that knows a flow that drifts, with its tree."""
    return with_flow(filled(), PAY, DRIFT, paths=[tree()])


def shown(bench: Bench, path: str, status: int = 200) -> Shown:
    """The page at this path."""
    answer = bench.ask(path)
    assert answer.status_code == status, answer.text
    return Shown(answer.text)
