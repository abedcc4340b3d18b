r"""Dead letters: records that gave no spans, as they stand in the source, with the reason in their headers.

Key, value and headers are those of the source record, and these are added::

    flowdrift.dlq.reason      one of a bounded set of words
    flowdrift.dlq.message     the reason in a sentence, without any value of the record
    flowdrift.dlq.cluster, .topic, .partition, .offset, .timestamp (ms)    where and when it stood
    flowdrift.dlq.version     of flowdrift
    flowdrift.dlq.sha256      of the source's value, where there is one
    flowdrift.dlq.without     'key', 'value' or both: null in the source, larger than 1 MB, or not at hand

Of a batch that cannot be unpacked the value is the batch as it stands in the log. A header key that is not
UTF-8 cannot be written by every client: its bytes are written as `\xe9`.
"""

from collections import deque
from hashlib import sha256
from typing import NamedTuple

from monitor import __version__
from monitor.flows.record import Source
from monitor.pipeline.observe.observer import Rejection, SourceRecord

LARGEST_VALUE = 1024 * 1024
"""A larger value stays where it is; its letter says where."""
WINDOW_RECORDS = 100_000
MOST_WAITING = 1_000
"""A partition is not read on while this many of its letters are not acknowledged."""
PREFIX = "flowdrift.dlq."
Headers = tuple[tuple[str, bytes], ...]


class Letter(NamedTuple):
    """One record of the dead letters' topic."""

    key: bytes
    value: bytes
    headers: Headers

    def reference(self) -> "Letter":
        """The same without its value."""
        without = b"key,value" if (f"{PREFIX}without", b"key") in self.headers else b"value"
        headers = tuple(header for header in self.headers if header[0] != f"{PREFIX}without")
        return self._replace(value=b"", headers=(*headers, (f"{PREFIX}without", without)))


def letter_of(rejection: Rejection, source: Source) -> Letter:
    """The dead letter of a rejected record of a source partition."""
    record = rejection.record or SourceRecord(rejection.offset, 0, None)
    facts = {
        "reason": rejection.code,
        "message": rejection.message,
        "cluster": source.cluster,
        "topic": source.topic,
        "partition": str(source.partition),
        "offset": str(rejection.offset),
        "timestamp": str(record.timestamp),
        "version": __version__,
    }
    if record.value is not None:
        facts["sha256"] = sha256(record.value).hexdigest()
    too_large = len(record.value or b"") > LARGEST_VALUE
    absent = {"key": record.key is None, "value": record.value is None or too_large}
    if any(absent.values()):
        facts["without"] = ",".join(name for name, is_so in absent.items() if is_so)
    value = b"" if too_large else record.value or b""
    added = tuple((f"{PREFIX}{name}", text.encode()) for name, text in facts.items())
    return Letter(record.key or b"", value, (*_readable(record), *added))


def _readable(record: SourceRecord) -> Headers:
    """Headers that every client can write; a null value becomes an empty one."""
    return tuple(
        (name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace"), value or b"")
        for name, value in record.headers
    )


class Burst:
    """Whether the share of rejected records among the last 100,000 shows that something larger is wrong.

    most: that many; at the default of 1,000 that is 1 % of them, or 1,000 in a row.
    """

    def __init__(self, most: int) -> None:
        self._last: deque[int] = deque(maxlen=most)

    def add(self, number: int) -> None:
        """The record that was read as the `number`th was rejected."""
        self._last.append(number)

    @property
    def is_on(self) -> bool:
        """Whether `most` records of the last window were rejected."""
        last = self._last
        return len(last) == last.maxlen and last[-1] - last[0] < WINDOW_RECORDS
