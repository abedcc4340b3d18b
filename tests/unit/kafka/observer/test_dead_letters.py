"""Dead letters: what stands in one, and when there are too many."""

from hashlib import sha256

import pytest

from monitor.flows.record import Source
from monitor.kafka.observer.dead_letters import LARGEST_VALUE, Burst, letter_of
from monitor.pipeline.observe.observer import Rejection, SourceRecord

SOURCE = Source("default", "spans", "1", 3)


def facts(record: SourceRecord | None) -> dict[str, str]:
    """What flowdrift says of a rejected record, by name."""
    letter = letter_of(Rejection(7, "malformed", "not protobuf", record), SOURCE)
    added = {name: value.decode() for name, value in letter.headers if name.startswith("flowdrift.")}
    return {name.removeprefix("flowdrift.dlq."): value for name, value in added.items()}


@pytest.mark.fault(17)
def test_a_letter_has_the_bytes_of_the_record_and_says_where_it_stood() -> None:
    """Key and value are unchanged; a header without a value has an empty one."""
    record = SourceRecord(7, 99, b"\xff", (("a", b"\0"), ("b", None), ("\udce9", b"c")), b"k")
    letter = letter_of(Rejection(7, "malformed", "not protobuf", record), SOURCE)
    assert (letter.key, letter.value) == (b"k", b"\xff")
    assert letter.headers[:3] == (("a", b"\0"), ("b", b""), ("\\xe9", b"c"))
    said = facts(record)
    assert said.pop("version") and said.pop("sha256") == sha256(b"\xff").hexdigest()
    assert said == {
        "reason": "malformed",
        "message": "not protobuf",
        "cluster": "default",
        "topic": "spans",
        "partition": "3",
        "offset": "7",
        "timestamp": "99",
    }


def test_a_letter_says_what_it_lacks() -> None:
    """Null in the source, too large for a letter, or not at hand any more."""
    assert facts(SourceRecord(7, 99, None, key=b"k"))["without"] == "value"
    assert facts(SourceRecord(7, 99, b"v"))["without"] == "key"
    assert facts(None)["without"] == "key,value"
    large = SourceRecord(7, 99, b"x" * (LARGEST_VALUE + 1), key=b"k")
    assert facts(large)["without"] == "value" and facts(large)["sha256"]
    assert letter_of(Rejection(7, "malformed", "", large), SOURCE).value == b""


@pytest.mark.fault(17)
def test_a_letter_that_a_broker_refuses_becomes_a_reference() -> None:
    """Everything but the value is sent again."""
    letter = letter_of(Rejection(7, "malformed", "", SourceRecord(7, 99, b"v", key=None)), SOURCE)
    again = letter.reference()
    assert again.value == b"" and dict(again.headers)["flowdrift.dlq.without"] == b"key,value"
    assert len(again.headers) == len(letter.headers)


@pytest.mark.fault(17)
def test_one_percent_of_the_last_records_is_a_burst() -> None:
    """A thousand in a row are one, and as many over a hundred thousand records; fewer are none."""
    row, spread, seldom = Burst(1000), Burst(1000), Burst(1000)
    for number in range(1000):
        assert not row.is_on and not spread.is_on
        row.add(number)
        spread.add(100 * number)
        seldom.add(101 * number)
    assert row.is_on and spread.is_on and not seldom.is_on
