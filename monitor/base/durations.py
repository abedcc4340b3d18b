"""Durations as people write them: `500ms`, `5s`, `20m`, `24h`, `7d`; milliseconds everywhere else."""

import re

from monitor.base.units import DAY_MS, HOUR_MS, MINUTE_MS

MILLISECONDS = {"ms": 1, "s": 1_000, "m": MINUTE_MS, "h": HOUR_MS, "d": DAY_MS}
"""Milliseconds per unit, smallest first."""

PATTERN = r"^[0-9]+(\.[0-9]+)?(ms|s|m|h|d)$"
"""The form of a duration, as the JSON schema of the configuration says it."""

FORM = "a duration such as 500ms, 5s, 20m, 24h or 7d"
"""The same in words, for error messages."""


def milliseconds(text: object) -> int:
    """Read a duration; raises ValueError for anything but a non-negative number with its unit."""
    match = re.fullmatch(PATTERN, text) if isinstance(text, str) else None
    if match is None:
        raise ValueError(f"must be {FORM}")
    unit = match[2]
    return round(float(match[0].removesuffix(unit)) * MILLISECONDS[unit])


def about(value: int) -> str:
    """`value` milliseconds as people say them, in the largest unit of which it holds two: `2 h`, `40 min`."""
    for unit, name in (("d", "days"), ("h", "h"), ("m", "min")):
        if value >= 2 * MILLISECONDS[unit]:
            return f"{value // MILLISECONDS[unit]} {name}"
    return f"{value // MILLISECONDS['s']} s"


def duration(value: int) -> str:
    """Write `value` milliseconds in the largest unit that holds it exactly, days only from two on."""
    for unit in ("d", "h", "m", "s"):
        count, rest = divmod(value, MILLISECONDS[unit])
        if rest == 0 and count > (1 if unit == "d" else 0):
            return f"{count}{unit}"
    return f"{value}ms"
