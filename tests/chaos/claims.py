"""What processes claimed of the flows topic, each claim held against an undisturbed fold up to its offset.

Every checkpoint, and every record on the verdicts topic that a partition's owner wrote, says 'so it is after
the record at this offset'. That is true or not whoever says it and however late. So all of them are checked,
those of killed, frozen and thawed processes included.
"""

import zlib
from collections.abc import Iterable, Iterator, Sequence
from hashlib import sha256
from typing import NamedTuple

import orjson

from monitor.kafka.settings import FlowsTopicSettings
from monitor.pipeline.audit.auditor import PartitionAuditor
from monitor.pipeline.timeline.timeline import Timeline
from tests.integration.shop_traffic import Stored

BEFORE_ALL = -1
"""The offset of what is said of an empty log."""
OF_A_PARTITION = (b"flow/", b"summary/")
"""Keys of the verdicts topic begin so where a record is a function of one partition of the flows topic."""


class Claim(NamedTuple):
    """That `value` follows from a partition of the flows topic up to `offset`; key: of what it is said."""

    partition: int
    offset: int
    key: str
    value: bytes


class Digests(NamedTuple):
    """Of what is there, and of what an undisturbed run makes."""

    found: str
    undisturbed: str


def checkpoints(stored: Sequence[Stored]) -> list[Claim]:
    """What the records of the checkpoints' topic claim."""
    return [Claim(one.partition, offset_of(one.value), _text(one.key), one.value) for one in stored]


def verdicts(stored: Sequence[Stored]) -> list[Claim]:
    """What the records of the verdicts topic claim, but for those of its owner, who sees all partitions."""
    said = [one for one in stored if (one.key or b"").startswith(OF_A_PARTITION) and one.value]
    places = [orjson.loads(one.value) for one in said]
    return [
        Claim(place["partition"], place["offset"], _text(one.key), one.value)
        for one, place in zip(said, places, strict=True)
    ]


def offset_of(checkpoint: bytes) -> int:
    """The offset that a checkpoint holds (`PartitionAuditor.checkpoint`)."""
    return Timeline.unpack(orjson.loads(zlib.decompress(checkpoint))[1]).offset


class Checked:
    """Claims that were compared. wrong: what does not follow from the log, as text."""

    def __init__(self, settings: FlowsTopicSettings, claims: Sequence[Claim], log: Sequence[Stored]) -> None:
        self._settings = settings
        self._open: dict[tuple[int, int], list[Claim]] = {}
        for claim in claims:
            self._open.setdefault(claim[:2], []).append(claim)
        self.wrong: list[str] = []
        self._right = {claim[:3]: value for claim, value in self._folded(log)}
        unknown = (claim for left in self._open.values() for claim in left)
        self.wrong += [f"{one.key} of partition {one.partition}: nothing at {one.offset}" for one in unknown]

    def newest(self, claims: Sequence[Claim]) -> Digests:
        """Of the claims of each key the one that goes furthest."""
        last = {claim.key: claim for claim in sorted(claims, key=lambda claim: (claim.key, claim.offset))}
        right = [self._right.get(claim[:3], b"") for claim in last.values()]
        return Digests(digest(claim.value for claim in last.values()), digest(right))

    def _folded(self, log: Sequence[Stored]) -> Iterator[tuple[Claim, bytes]]:
        flows = self._settings
        for number in range(flows.partitions):
            auditor = PartitionAuditor(number, flows.shards, flows.partitions, {})
            yield from self._compared(auditor, self._open.pop((number, BEFORE_ALL), ()))
            for record in log:
                if record.partition == number:
                    auditor.apply(record.offset, record.timestamp, record.value)
                    yield from self._compared(auditor, self._open.pop((number, record.offset), ()))

    def _compared(self, auditor: PartitionAuditor, claims: Sequence[Claim]) -> Iterator[tuple[Claim, bytes]]:
        records = auditor.all_records() if any(_is_verdict(claim) for claim in claims) else {}
        for claim in claims:
            if _is_verdict(claim):
                right = records.get(claim.key, b"")
            else:
                right = auditor.checkpoint(int(claim.key.split("/")[1]))
            if right != claim.value:
                self.wrong.append(f"{claim.key} of partition {claim.partition} at {claim.offset}")
            yield claim, right


def digest(parts: Iterable[bytes]) -> str:
    """Of all parts in their order, 16 digits."""
    whole = sha256()
    for part in parts:
        whole.update(len(part).to_bytes(8, "big") + part)
    return whole.hexdigest()[:16]


def _is_verdict(claim: Claim) -> bool:
    return claim.key.encode().startswith(OF_A_PARTITION)


def _text(key: bytes | None) -> str:
    return (key or b"").decode()
