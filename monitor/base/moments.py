"""Moments as people write them."""

from datetime import UTC, datetime

_LAST_MS = 253_402_300_799_000
"""The last second of the year 9999."""


def to_the_minute(milliseconds: int) -> str:
    """Log time in ms as people read it, in UTC: `2026-11-29 09:14 UTC`."""
    return f"{(rfc3339(milliseconds) or '')[:16].replace('T', ' ')} UTC"


def milliseconds(moment: str) -> int:
    """Log time in ms of a moment as `rfc3339` writes it; ValueError for other text."""
    return round(datetime.fromisoformat(moment).timestamp() * 1000)


def rfc3339(milliseconds: int | None) -> str | None:
    """Log time in ms as RFC 3339 in UTC, to the millisecond; what lies outside its years is cut off."""
    if milliseconds is None:
        return None
    moment = datetime.fromtimestamp(min(max(milliseconds, 0), _LAST_MS) / 1000, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
