"""Zipkin v2 protobuf (`zipkin_proto`): a ListOfSpans of github.com/openzipkin/zipkin-api/zipkin.proto.

    ListOfSpans  1 spans*     Span
    Span         1 trace_id   bytes (8 or 16)     2 parent_id  bytes        3 id         bytes
                 4 kind       enum, read as int32 5 name       bytes (string)
                 6 timestamp  fixed64, us         7 duration   uint64, us
                 8 local_endpoint   bytes (Endpoint)           9 remote_endpoint  bytes (Endpoint)
                11 tags*      bytes (Tag)        13 shared     bool
    Endpoint     1 service_name  bytes (string)
    Tag          1 key        bytes (string)      2 value      bytes (string): an entry of map<string, string>

As in OTLP, what repeats is handed over as undecoded bytes and looked up. Tags come in any order, since a
map has none: their numbers are sorted before the look-up.
"""

from typing import Any

from google.protobuf.message import DecodeError

from monitor.base.errors import UndecodableError
from monitor.base.steps import Steps, gathered
from monitor.wire import zipkin
from monitor.wire.attributes import LONGEST_REMEMBERED, Attributes
from monitor.wire.facts import TABLE_LIMIT, FactsTable
from monitor.wire.guard import check_list_count
from monitor.wire.names import normalise_bytes
from monitor.wire.protobuf import slim_schema
from monitor.wire.semconv import MAX_ATTRIBUTES
from monitor.wire.span import Facts, Kind, Span
from monitor.wire.tally import DecodedCounts

_SCHEMA = slim_schema(
    "flowdrift.zipkin",
    {
        "Tag": "1 key bytes; 2 value bytes",
        "Endpoint": "1 service_name bytes",
        "Span": "1 trace_id bytes; 2 parent_id bytes; 3 id bytes; 4 kind int32; 5 name bytes;"
        "6 timestamp fixed64; 7 duration uint64; 8 local_endpoint bytes; 9 remote_endpoint bytes;"
        "11 tags bytes*; 13 shared bool",
        "ListOfSpans": "1 spans Span*",
    },
)
_KINDS = (Kind.UNSPECIFIED, *zipkin.KINDS.values())  # in the order of their numbers


class ZipkinProto:
    """Decoder of Zipkin's second version in protobuf; its tables live as long as it does and are bounded."""

    def __init__(self, table: FactsTable, tally: DecodedCounts, max_spans: int) -> None:
        self._zipkin = zipkin.ZipkinFacts(table)
        self._tally = tally
        self._max_spans = max_spans
        self._tags = Attributes(self._zipkin.vocabulary, self._parse_tag)
        self._facts: dict[tuple[object, ...], Facts] = {}

    def steps(self, payload: bytes, environment: str | None) -> Steps[list[Span]]:
        """The spans of one list.

        Raises UndecodableError (malformed, too_many_spans, wrong_signal).
        """
        if self._zipkin.trim() | self._tags.trim() or len(self._facts) > TABLE_LIMIT:
            self._facts.clear()
        check_list_count(payload, self._max_spans)
        try:
            messages = _SCHEMA["ListOfSpans"].FromString(payload).spans
            if not messages:
                raise UndecodableError("no spans in it", code="malformed")
            if not any(message.id or message.timestamp for message in messages):
                raise UndecodableError("no spans: another signal or encoding?", code="wrong_signal")
            return (yield from gathered(self._span(message, environment) for message in messages))
        except (DecodeError, IndexError) as error:  # IndexError: a tag of one byte
            raise UndecodableError("not a list of Zipkin spans in protobuf", code="malformed") from error

    def _span(self, message: Any, environment: str | None) -> Span | None:
        """One span; None, counted, where its ids are none."""
        own = zipkin.ids(self._tally, message.trace_id, message.id, message.parent_id)
        if own is None:
            return None
        number_of, strangers = self._tags.numbers.get, self._tags.strangers
        numbers = []
        for raw in message.tags[:MAX_ATTRIBUTES]:
            number = number_of(raw)
            if number is None and raw[: 2 + raw[1]] not in strangers:
                number = self._tags.learn(raw)
            if number:
                numbers.append(number)
        numbers.sort()
        hosts = message.local_endpoint, message.remote_endpoint
        key = (environment, *hosts, message.name, message.kind, *numbers)
        facts = self._facts.get(key) or self._learn(key)
        return zipkin.span_of(self._tally, own, (message.timestamp, message.duration), facts, message.shared)

    def _learn(self, key: tuple[Any, ...]) -> Facts:
        """The facts of a combination that was not met before."""
        environment, local, remote, name, kind, *numbers = key
        tags = tuple(sorted(self._tags.pairs[number] for number in numbers))
        known = _KINDS[kind] if 0 <= kind < len(_KINDS) else Kind.UNSPECIFIED
        said = zipkin.Said(environment, _service(local), _service(remote), normalise_bytes(name), known, tags)
        facts = self._zipkin.facts(said)
        if len(name) + len(local) + len(remote) <= LONGEST_REMEMBERED:
            self._facts[key] = facts
        return facts

    def _parse_tag(self, raw: bytes) -> tuple[str, str]:
        """Key and value of a tag."""
        tag = _SCHEMA["Tag"].FromString(raw)
        return self._zipkin.keep(tag.key.decode("utf-8", "replace"), tag.value.decode("utf-8", "replace"))


def _service(endpoint: bytes) -> str:
    return normalise_bytes(_SCHEMA["Endpoint"].FromString(endpoint).service_name)
