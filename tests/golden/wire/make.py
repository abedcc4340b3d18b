"""Writes the golden records: `python -m tests.golden.wire.make`.

`shop.binpb` and `shop.json` hold one and the same request, written with opentelemetry-proto; `shop.txt`
holds what the decoder must make of both. Write them anew only when the meaning of a span changes, and read
the difference of `shop.txt` before keeping it.
"""

from dataclasses import fields
from pathlib import Path

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from monitor.wire.attribution import AttributionSettings
from monitor.wire.decode import Decoder
from monitor.wire.encode import OutgoingSpan
from monitor.wire.span import Facts, Kind, Span
from tests.unit.wire.requests import as_json, request, sent

HERE = Path(__file__).parent

SHOP = [
    sent(1, name="GET /cart/{id}", attributes={"http.request.method": "GET", "http.route": "/cart/{id}"}),
    sent(
        2,
        parent=1,
        name="cart",
        kind=Kind.CLIENT,
        attributes={
            "rpc.system": "grpc",
            "rpc.service": "shop.Cart",
            "rpc.method": "Get",
            "rpc.grpc.status_code": 0,
        },
    ),
    sent(
        3,
        parent=2,
        name="shop.Cart/Get",
        flags=0x301,
        attributes={
            "rpc.system.name": "grpc",
            "rpc.method": "shop.Cart/Get",
            "url.full": "https://cart/7?card=4111",
        },
    ),
    sent(
        4,
        parent=3,
        name="SELECT",
        kind=Kind.CLIENT,
        attributes={"db.system": "mssql", "db.sql.table": "items"},
    ),
    sent(5, parent=1, name="send orders", kind=Kind.PRODUCER, error=True, trace_state="ot=th:c"),
    sent(6, parent=6, name="two\nlines \u202e", kind=Kind.UNSPECIFIED, end=0),
]
TESTS = [
    sent(
        7,
        name="test_cart",
        kind=Kind.INTERNAL,
        attributes={"pytest.span_type": "test", "test.run.id": "run-1"},
    ),
    sent(8, parent=7, name="GET", attributes={"http.method": "GET", "test.case.name": "test_cart[1]"}),
]


def golden_request() -> ExportTraceServiceRequest:
    """Production and tests in one batch."""
    made = _resource("shop", "prod", "io.opentelemetry.tomcat", SHOP)
    made.MergeFrom(_resource("shop-staging", "ci", "", TESTS))
    return made


def _resource(
    service: str, environment: str, scope: str, spans: list[OutgoingSpan]
) -> ExportTraceServiceRequest:
    return request(spans, {"service.name": service, "deployment.environment": environment}, scope)


def golden_decoder() -> Decoder:
    """A decoder with a little of every setting."""
    match = {"production": {"match": {"deployment.environment.name": ["prod"]}}}
    settings = {"environments": match, "aliases": {"*-staging": "*"}}
    return Decoder(AttributionSettings.model_validate(settings))


def render(spans: list[Span]) -> str:
    """One paragraph per span: its ids and times, then its facts, one a line."""
    return "\n".join(
        f"{span.span_id.hex()} below {span.parent_id.hex() or 'nothing'} of {span.trace_id.hex()}\n"
        f"  {span.start} + {span.duration} ns{', remote' * span.remote}\n{_facts(span.facts)}"
        for span in spans
    )


def _facts(facts: Facts) -> str:
    told = {each.name: getattr(facts, each.name) for each in fields(facts) if each.init}
    told["kind"] = facts.kind.name
    return "".join(
        f"    {name}: {value}\n" for name, value in told.items() if value not in ("", {}, (), False)
    )


def main() -> None:
    """Write the three files."""
    made = golden_request()
    payload = made.SerializeToString(deterministic=True)
    (HERE / "shop.binpb").write_bytes(payload)
    (HERE / "shop.json").write_bytes(as_json(made))
    (HERE / "shop.txt").write_text(render(golden_decoder().decode(payload, "otlp_proto")), encoding="utf-8")


if __name__ == "__main__":
    main()
