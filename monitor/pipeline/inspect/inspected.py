"""What `flowdrift inspect` says of a sample of topics: plain values, made once, never changed."""

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True)


class TopicSeen(_Part):
    """A topic as the broker describes it; '' and None where the broker does not say.

    held: records between the beginning and the end of its partitions. sampled: those that were read.
    retention_ms: -1 keeps for ever.
    """

    name: str
    partitions: int
    held: int
    sampled: int
    timestamp_type: str = ""
    retention_ms: int | None = None
    cleanup_policy: str = ""


class Lacking(_Part):
    """Operations that this user is not permitted, and the resource pattern to grant them on."""

    resource: str
    operations: tuple[str, ...]


class Sizes(_Part):
    """Bytes of the records' values after decompression."""

    median: int = 0
    largest: int = 0


class EnvironmentSeen(_Part):
    """Spans of one environment, by the rule that decided it.

    rule: `topic`, `header`, an attribute's name, `match` (another attribute that `environments` names),
    `test mark`, or `none`. Shares are of its spans: with a run id, with a case, with a stated sampling
    probability. probabilities: spans by stated probability. namespaces: of Kubernetes, which may show
    environments apart where nothing else does.
    """

    name: str
    rule: str
    spans: int
    traces: int
    runs: float
    cases: float
    sampled: float
    probabilities: Mapping[str, int]
    namespaces: tuple[str, ...] = ()


class ValuesSeen(_Part):
    """What an attribute says, as it says it, where that means one environment; some values of many."""

    environment: str
    attribute: str
    values: tuple[str, ...]


class RunSeen(_Part):
    """A test run: the attribute that carries its id, how many cases, and one of them with its attribute.

    first, last: timestamps of its first and last record in the sample, in ms.
    """

    environment: str
    run: str
    attribute: str
    spans: int
    cases: int
    case: str
    case_attribute: str
    first: int
    last: int


class SplitSeen(_Part):
    """Traces of the sample, those with spans on more than one partition of a topic, and one of them."""

    traces: int = 0
    split: int = 0
    example: str = ""


class EntrySeen(_Part):
    """An entry that looks like a gateway, and its share of an environment's traces with a root.

    passed: it is passed through already, by its bare name or by `flows.pass_through`.
    """

    entry: str
    environment: str
    share: float
    passed: bool


class ServiceClock(_Part):
    """A service whose spans end far from when their record was written, in seconds, at worst."""

    service: str
    ahead: int
    behind: int


class Finding(_Part):
    """Something to know before flowdrift runs here, and what to do about it."""

    says: str
    remedy: str


class Inspected(_Part):
    """What a sample shows.

    encodings: records by the encoding that they are in. rejected: records that are in none, by reason.
    keys: records by their key: `none`, `trace id`, `other`. records_ahead: with a timestamp more than five
    minutes ahead of this machine's clock.
    """

    topics: tuple[TopicSeen, ...]
    records: int
    spans: int
    sizes: Sizes
    encodings: Mapping[str, int]
    rejected: Mapping[str, int]
    keys: Mapping[str, int]
    environments: tuple[EnvironmentSeen, ...]
    values: tuple[ValuesSeen, ...]
    runs: tuple[RunSeen, ...]
    split: SplitSeen
    entries: tuple[EntrySeen, ...]
    records_ahead: int
    clocks: tuple[ServiceClock, ...]
    lacking: tuple[Lacking, ...] = ()


class Inspection(_Part):
    """What `flowdrift inspect -o json` prints: what was seen, what to do, the configuration to paste."""

    seen: Inspected
    findings: tuple[Finding, ...]
    configuration: Mapping[str, Any]
