"""What services state of themselves: few aspects, short words, the same for all their spans."""

import pytest

from monitor.flows.codec import decode, encode
from monitor.flows.record import FlowRecord
from monitor.flows.stated import MOST_SERVICES, Profile, said, together
from tests.factories import facts
from tests.rows import header, row

EVERYTHING = {
    "service.version": "1.4.0",
    "telemetry.sdk.language": "java",
    "telemetry.sdk.name": "opentelemetry",
    "telemetry.sdk.version": "1.42.0",
    "process.runtime.name": "OpenJDK Runtime Environment",
    "process.runtime.version": "21.0.4",
    "cloud.platform": "aws_eks",
    "cloud.region": "eu-west-1",
    "cloud.availability_zone": "eu-west-1a",
    "host.arch": "arm64",
    "container.image.name": "registry.example:5000/shop/cart",
    "container.image.tag": "1.4.0",
    "k8s.container.cpu.limit": "2",
    "k8s.container.memory.limit": "512Mi",
}


def test_what_a_resource_states() -> None:
    """Version, runtime, SDK, place, image and limits, each as one short text."""
    assert dict(said(facts(resource=EVERYTHING))) == {
        "version": "1.4.0",
        "runtime": "java 21.0.4",
        "sdk": "opentelemetry 1.42.0",
        "platform": "aws_eks",
        "region": "eu-west-1",
        "zone": "eu-west-1a",
        "architecture": "arm64",
        "image": "cart:1.4.0",
        "cpu limit": "2",
        "memory limit": "512Mi",
    }


def test_what_a_span_states() -> None:
    """The systems that it asks, and the variant of each flag."""
    span = facts(attributes={"db.system.name": "redis", "feature_flag.evaluations": "a=on;b=off"})
    assert dict(said(span)) == {"database": "redis", "flag a": "on", "flag b": "off"}


@pytest.mark.parametrize("value", ["", "of ada", "ada@example.org", "7f3a9c2e1b2c3d4e", "x" * 65, "<script>"])
def test_what_is_no_word_is_not_stated(value: str) -> None:
    """A text that is no short word, or an id, is left out."""
    assert said(facts(resource={"cloud.region": value})) == ()


def test_a_version_may_be_an_id() -> None:
    """A commit is a version like any other."""
    assert said(facts(resource={"service.version": "7f3a9c2e1b2c3d4e"})) == (("version", "7f3a9c2e1b2c3d4e"),)


def test_the_spans_of_a_service_are_together() -> None:
    """All that the spans of a service say is one profile; services that say nothing have none."""
    parts = [Profile("pay", (("a", "2"),)), Profile("cart", ()), Profile("pay", (("a", "1"), ("b", "3")))]
    assert together(parts) == (Profile("pay", (("a", "1"), ("a", "2"), ("b", "3"))),)


def test_a_flow_names_so_many_services_at_most() -> None:
    """Of a flow of very many services the first by name say something."""
    parts = [Profile(f"s{number:04}", (("a", "1"),)) for number in range(2 * MOST_SERVICES)]
    assert [each.service for each in together(reversed(parts))][-1] == f"s{MOST_SERVICES - 1:04}"
    assert len(together(parts)) == MOST_SERVICES


CART, PAY = (Profile(name, (("runtime", "java 21.0.4"),)) for name in ("cart", "pay"))


def test_a_record_says_each_profile_once() -> None:
    """What rows state comes back, and a profile of several of them is written once."""
    rows = [row(1)._replace(stated=(CART, PAY)), row(2), row(3)._replace(stated=(CART,))]
    record = FlowRecord(header(), (*rows, *rows))
    written = encode(record)
    assert decode(written).flows == record.flows
    assert written.count(b'"profiles":[[') == 1 and b'"stated":[[0,1],[0]]' in written


def test_rows_that_state_nothing_are_written_as_before() -> None:
    """Without anything stated a record has neither table nor section."""
    written = encode(FlowRecord(header(), (row(1),)))
    assert b"stated" not in written and b"profiles" not in written
