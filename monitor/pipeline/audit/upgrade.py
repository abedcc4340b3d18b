"""State of format 3 (release 0.1) as state of format 4: lists become names, edges become traits of structure.

References are kept: what format 3 counted is known to the dimensions that it had, and unknown to those that
came later, which begin anew.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from monitor.dimensions import COUNTED
from monitor.fingerprints.packing import Operations, once
from monitor.flows.flow import Operation
from monitor.wire.span import Kind

_STRUCTURE, _TIMING, _OUTCOME, _COVERAGE = "structure", "timing", "outcome", "coverage"
Plain = Any
"""Plain values of JSON, of either format."""


def upgraded(timeline: Sequence[Plain], shard: Sequence[Plain]) -> tuple[Plain, Plain]:
    """The packed timeline and shard of format 3 in format 4."""
    return _timeline(*timeline), _shard(*shard)


def _timeline(offset: Plain, number: Plain, policy: Plain, threshold: Plain, *parts: Plain) -> Plain:
    sources, runs, lost, sightings = parts
    return {
        "offset": offset,
        "number": number,
        "policy": policy,
        "threshold": threshold,
        "sources": sources,
        "runs": runs,
        "lost": lost,
        "sightings": sightings,
    }


def _shard(admits: Plain, flows: Plain, batches: Plain, runs: Plain, gates: Plain, *rest: Plain) -> Plain:
    names, losses, duplicates, dropped, updates, quota = rest
    return {
        "admits": admits,
        "flows": [_flow(*flow) for flow in flows],
        "batches": batches,
        "runs": runs,
        "gates": gates,
        "names": names,
        "losses": losses,
        "duplicates": duplicates,
        "evidence_dropped": dropped,
        "updates": updates,
        "quota": quota,
    }


def _flow(flow: Plain, sides: Plain, batches: Plain, outcomes: Plain, *compared: Plain) -> Plain:
    return {
        "id": flow,
        "sides": [[environment, outcome, _side(*side)] for environment, outcome, side in sides],
        "open": [
            [batch, [[outcome, unit, case, _tally(*tally)] for outcome, unit, case, tally in units]]
            for batch, units in batches
        ],
        "shares": {environment: {_OUTCOME: shares} for environment, shares in outcomes},
        "comparisons": _comparisons(*compared),
    }


def _comparisons(gaps: Plain, mixes: Plain, coverage: Plain, episodes: Plain, scores: Plain) -> Plain:
    found: dict[str, Plain] = {}

    def of(name: str) -> Plain:
        empty = {"paths": {}, "splits": {}, "accounts": {}, "episodes": {}, "score": scores.get(name, 0.0)}
        return found.setdefault(name, empty)

    for name, outcome, (structure, timing) in gaps:
        dimensions = {_STRUCTURE: _presence(*structure), _TIMING: _place(*timing)}
        of(name)["paths"][outcome] = {"units": structure[0], "dimensions": dimensions}
    for name, mix in mixes:
        of(name)["splits"][_OUTCOME] = mix
    for name, account in coverage:
        of(name)["accounts"][_COVERAGE] = account
    for name, dimension, *episode in episodes:
        of(name)["episodes"][dimension] = episode
    return found


def _side(fingerprint: Plain, snapshot: Plain, times: Plain, past: Plain) -> Plain:
    days, *others = fingerprint
    return {
        "fingerprint": [_days(*days), *others],
        "snapshot": _snapshot(*snapshot),
        "times": {_TIMING: _times(*times)} if times[1] or times[2] else {},
        "past": past and _past(*past),
    }


def _days(totals: Plain, operations: Plain, edges: Plain, rows: Plain, excess: Plain) -> Plain:
    table = Operations()
    names: dict[int, Plain] = {0: -1}
    for *operation, place in operations:
        names[place] = table.place(_operation(*operation))
    for caller, callee, place in edges:
        names[place] = [_STRUCTURE, names[caller], names[callee]]
    things = [[_STRUCTURE], [names[place] for place in sorted(names)], rows, excess]
    return {
        "totals": totals,
        "variants": [[], [], []],
        "things": [things] if rows else [],
        "operations": table.pack(),
    }


def _snapshot(head: Plain, operations: Plain, edges: Plain) -> Plain:
    at, seen, complete, *size = head
    table = Operations(operation[:3] for operation in operations)
    counts = {
        "size": size,
        "complete": [_STRUCTURE] if complete else [],
        "givens": [[place, *operation[3:]] for place, operation in enumerate(operations)],
        "shares": {_STRUCTURE: [[[caller, callee], present] for caller, callee, present, *_ in edges]},
        "operations": table.pack(),
    }
    return {"at": at, "seen": seen, "counts": [counts], "of": {_STRUCTURE: 0}}


def _times(buckets: Plain, reference: Plain, bucket: Plain, spreads: Plain) -> Plain:
    table = Operations()
    return {
        "buckets": buckets,
        "reference": _timed(reference, table),
        "bucket": _timed(bucket, table),
        "spreads": _timed(spreads, table),
        "operations": table.pack(),
    }


def _timed(entries: Iterable[Plain], table: Operations) -> Plain:
    return once([[-1, table.place(_operation(*operation))], each] for *operation, each in entries)


def _past(baseline: Plain, structure: Plain, versions: Plain, shifts: Plain, slices: Plain) -> Plain:
    watching, (number, kept) = slices
    return {
        "baseline": baseline and _snapshot(*baseline),
        "dimensions": {_STRUCTURE: _presence(*structure)},
        "versions": versions,
        "shifts": [[_STRUCTURE, *shift] for shift in shifts],
        "watching": watching,
        "slices": [number, _tally(*kept)],
    }


def _tally(traces: Plain, weight: Plain, squares: Plain, operations: Plain, edges: Plain) -> Plain:  # noqa: ARG001
    table = Operations(operation[:3] for operation in operations)
    things = [[-1, traces], *([place, count] for place, (*_, count, _) in enumerate(operations))]
    things += [[[_STRUCTURE, caller, callee], count] for caller, callee, count in edges]
    return {
        "traces": traces,
        "variants": [],
        "things": things if traces else [],
        "counted": [_STRUCTURE] if traces else list(COUNTED),
        "times": {_TIMING: [[[-1, place], times] for place, (*_, times) in enumerate(operations)]},
        "operations": table.pack(),
    }


def _presence(units: Plain, updates: Plain, streams: Plain) -> Plain:
    table = Operations()
    packed = once([_call(edge, table), stream] for edge, stream in streams)
    return {"units": units, "updates": updates, "streams": packed, "operations": table.pack()}


def _place(units: Plain, streams: Plain) -> Plain:
    table = Operations()
    return {"units": units, "streams": _timed(streams, table), "operations": table.pack()}


def _call(edge: Sequence[Plain], table: Operations) -> Plain:
    return [table.place(_operation(*edge[:3])), table.place(_operation(*edge[3:]))]


def _operation(service: str, kind: int, name: str) -> Operation:
    return Operation(service, Kind(kind), name)
