"""Records of the verdicts topic as the auditors write them."""

from collections.abc import Mapping
from typing import Any

import orjson

from monitor.publish.view import View

COMPARISON = "production-integration"


def verdict(flow: str, **changed: Any) -> dict[str, Any]:
    """A verdict on `flow`: ok, on its structure, unless `changed` says otherwise."""
    return {
        "flow": flow,
        "outcome": "ok",
        "dimension": "structure",
        "subject": "",
        "service": "",
        "state": "ok",
        "effect": 0.0,
        "noise_floor": 0.0,
        "lower_bound": 0.0,
        "evidence_log10": 0.0,
        "reference_n": 100,
        "candidate_n": 10,
        "onset": None,
        "moved": "unknown",
        "reason": "Nothing differs.",
        "examples": {"reference": [], "candidate": []},
        **changed,
    }


def flow_record(flow: str, *verdicts: dict[str, Any], weight: int = 1024, offset: int = 7) -> dict[str, Any]:
    """A record under `flow/`."""
    return {
        "partition": 3,
        "offset": offset,
        "comparison": COMPARISON,
        "flow": flow,
        "verdicts": list(verdicts),
        "reference_weight": weight,
        "candidate_weight": 1024,
        "candidate_units": 5,
    }


def comparison_record(*verdicts: dict[str, Any], **sums: int) -> dict[str, Any]:
    """A record under `comparison/`."""
    return {
        "partition": 0,
        "offset": 9,
        "comparison": {"reference": "production", "candidate": "integration", "units": sums.get("units", 0)},
        "input": dict.fromkeys(
            ("spans", "traces", "flows", "late", "duplicates", "incomplete", "rejected"), 1
        ),
        "coverage": {
            "flows": 0.5,
            "traffic": 0.9,
            "failures": None,
            "faithful": 0.8,
            "unknown_mass": 0.1,
            "missing": [["shop GET /new", 0.1]],
            "dead": [["shop GET /old", 1_700_000_000_000]],
        },
        "sums": sums,
        "verdicts": list(verdicts),
    }


def summary_record(partition: int, **flows: int) -> dict[str, Any]:
    """A record under `summary/`."""
    tallies = {"flows": flows, "duplicate_flows": 2, "evidence_dropped": 0, "silent_sources": partition}
    return {
        "partition": partition,
        "offset": 9,
        "command": 1,
        "comparisons": {},
        "runs": [],
        "updates": [[20_000 + partition, 250_000, 0.25]],
        "false_pages_per_30d": 1.0,
        "tallies": tallies,
        "input": {},
    }


def heard(**records: dict[str, Any]) -> View:
    """A view that has heard `records`; keys are given with `__` for `/`."""
    view = View()
    for key, record in records.items():
        view.receive(key.replace("__", "/", 1), orjson.dumps(record))
    return view


def view_of(records: Mapping[str, Mapping[str, Any]]) -> View:
    """A view of parts of records: of a flow's, what its key says is added."""
    view = View()
    for key, record in records.items():
        kind, _, name = key.partition("/")
        place: dict[str, Any] = {"partition": int(name) if kind == "summary" else 0, "offset": 0}
        about = {"comparison": name.partition("/")[0]} if kind == "flow" else {}
        view.receive(key, orjson.dumps({**place, **about, **record}))
    return view


def tell(view: View, key: str, record: dict[str, Any]) -> None:
    """Let `view` hear one record."""
    view.receive(key, orjson.dumps(record))
