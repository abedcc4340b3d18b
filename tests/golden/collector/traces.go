package main

import (
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

const (
	client   = ptrace.SpanKindClient
	server   = ptrace.SpanKindServer
	producer = ptrace.SpanKindProducer
	consumer = ptrace.SpanKindConsumer
	internal = ptrace.SpanKindInternal
	none     = ptrace.SpanKindUnspecified

	remoteParent = 0x301
	sampledOnly  = 0x001
)

// epoch is the start of the first trace: 2024-05-06 07:08:09.012345678 UTC.
var epoch = time.Date(2024, 5, 6, 7, 8, 9, 12_345_678, time.UTC)

type attributes = map[string]any

// traces are an order in a shop (trace 1), its delivery by message (2), a test (3), and oddities (4).
func traces() ptrace.Traces {
	made := ptrace.NewTraces()
	order(made)
	delivery(made)
	test(made)
	oddities(made)
	return made
}

func order(made ptrace.Traces) {
	resource := made.ResourceSpans().AppendEmpty()
	resource.SetSchemaUrl("https://opentelemetry.io/schemas/1.26.0")
	fill(resource.Resource().Attributes(), attributes{
		"service.name": "frontend", "service.version": "1.2.3", "service.namespace": "shop",
		"deployment.environment.name": "production", "k8s.namespace.name": "shop-prod",
		"telemetry.sdk.name": "opentelemetry", "telemetry.sdk.language": "go", "telemetry.sdk.version": "1.30.0",
		"vcs.ref.head.revision": "0f3a", "host.name": "node-1", "process.pid": 4711, "host.ratio": 0.75,
		"host.virtual": true, "process.command_args": []any{"serve", "--port", 8080},
		"host.image": []byte{0, 1, 254, 255}, "host.labels": attributes{"zone": "a", "rack": 7},
	})
	http := scope(resource, "io.opentelemetry.http", "2.0.1")
	fill(http.Scope().Attributes(), attributes{"scope.flavour": "plain", "scope.number": 3})

	root := span(http, 1, 1, 0, "GET /cart/{id}", server, 0, 90_000_001)
	root.TraceState().FromRaw("vendor=1,ot=th:c;rv:0123456789abcd")
	root.SetFlags(sampledOnly)
	fill(root.Attributes(), attributes{
		"http.request.method": "GET", "http.method": "POST", "http.route": "/cart/{id}",
		"http.response.status_code": 200, "http.status_code": 500,
		"url.full": "https://shop.example/cart/7?card=4111", "user_agent.original": "curl/8",
		"cart.items": []any{"apple", 2, true}, "cart.total": 19.5, "cart.gift": false, "cart.key": []byte("\x00\xff"),
		"cart.owner": attributes{"name": "Zoë", "id": 12},
	})
	root.Status().SetCode(ptrace.StatusCodeOk)
	event(root, 10_000_000, "cart loaded", nil)
	event(root, 20_000_000, "exception", attributes{
		"exception.type": "Timeout", "exception.message": "too \"late\"", "exception.escaped": false,
	})

	rpc := scope(resource, "io.opentelemetry.grpc", "")
	call := span(rpc, 1, 2, 1, "shop.Cart/Get", client, 1_000_000, 40_000_000)
	call.TraceState().FromRaw("ot=th:c")
	fill(call.Attributes(), attributes{
		"rpc.system": "grpc", "rpc.service": "shop.Cart", "rpc.method": "Get", "rpc.grpc.status_code": 0,
		"server.address": "cart", "server.port": 8080, "network.peer.address": "10.0.0.7", "peer.service": "cart",
		"net.peer.ip": "10.0.0.7", "net.peer.port": 8080,
	})
	send := span(rpc, 1, 5, 1, "send orders", producer, 50_000_000, 51_000_000)
	fill(send.Attributes(), attributes{
		"messaging.system": "kafka", "messaging.destination": "orders", "messaging.operation": "publish",
	})
	span(rpc, 1, 6, 1, "render", internal, 60_000_000, 70_000_000)

	cart := made.ResourceSpans().AppendEmpty()
	fill(cart.Resource().Attributes(), attributes{"service.name": "cart", "deployment.environment": "production"})
	grpc := scope(cart, "io.opentelemetry.grpc", "")
	get := span(grpc, 1, 3, 2, "shop.Cart/Get", server, 2_000_000, 39_000_000)
	get.SetFlags(remoteParent)
	get.TraceState().FromRaw("ot=th:c")
	fill(get.Attributes(), attributes{
		"rpc.system.name": "grpc", "rpc.method": "shop.Cart/Get", "rpc.response.status_code": "NOT_FOUND",
	})
	query := span(grpc, 1, 4, 3, "SELECT items", client, 3_000_000, 30_000_000)
	fill(query.Attributes(), attributes{
		"db.system": "mssql", "db.name": "carts", "db.sql.table": "items", "db.operation": "SELECT",
		"db.statement": "SELECT * FROM items WHERE id = 7", "error.type": "TimeoutException",
	})
	query.Status().SetCode(ptrace.StatusCodeError)
	query.Status().SetMessage("no answer within 27 ms")
}

func delivery(made ptrace.Traces) {
	resource := made.ResourceSpans().AppendEmpty()
	fill(resource.Resource().Attributes(), attributes{
		"service.name": "delivery", "deployment.environment.name": "production",
	})
	bus := scope(resource, "bus", "")
	receive := span(bus, 2, 21, 0, "process orders", consumer, 55_000_000, 75_000_000)
	fill(receive.Attributes(), attributes{
		"messaging.system": "kafka", "messaging.destination.name": "orders", "messaging.operation.type": "process",
	})
	link(receive, 1, 5, attributes{"messaging.kafka.offset": 7})
	step := span(bus, 2, 22, 21, "pack", internal, 56_000_000, 57_000_000)
	link(step, 2, 21, nil) // its parent, linked as well
	step.Status().SetCode(ptrace.StatusCodeError)
}

func test(made ptrace.Traces) {
	resource := made.ResourceSpans().AppendEmpty()
	fill(resource.Resource().Attributes(), attributes{
		"service.name": "tests", "deployment.environment.name": "ci",
		"cicd.pipeline.run.id": "run-1", "cicd.pipeline.name": "nightly",
	})
	pytest := scope(resource, "pytest-opentelemetry", "1.0")
	outer := span(pytest, 3, 31, 0, "tests/test_cart.py::test_cart[1]", internal, 0, 500_000_000)
	fill(outer.Attributes(), attributes{"pytest.nodeid": "tests/test_cart.py::test_cart[1]", "pytest.span_type": "test"})
	request := span(pytest, 3, 32, 31, "GET", client, 1_000_000, 400_000_000)
	fill(request.Attributes(), attributes{
		"http.method": "GET", "http.status_code": 503, "http.url": "https://shop.example/cart/7",
		"test.case.name": "test_cart[1]", "test.flavour": "smoke", "http.user_agent.synthetic.type": "test",
	})

	shop := made.ResourceSpans().AppendEmpty()
	fill(shop.Resource().Attributes(), attributes{"service.name": "frontend", "deployment.environment.name": "ci"})
	// The server's half of a call, with the span id of its client: as Zipkin's own libraries write it.
	half := span(scope(shop, "", ""), 3, 32, 31, "GET /cart/{id}", server, 2_000_000, 390_000_000)
	fill(half.Attributes(), attributes{"http.request.method": "GET", "http.route": "/cart/{id}"})
}

func oddities(made ptrace.Traces) {
	resource := made.ResourceSpans().AppendEmpty()
	fill(resource.Resource().Attributes(), attributes{"service.name": "größe 你好", "host.name": ""})
	plain := scope(resource, "", "")
	odd := span(plain, 4, 41, 99, "two\nlines \u202e e\u0301 😀", none, 0, 1_000_000) // its parent never comes
	fill(odd.Attributes(), attributes{"": "empty key", "empty": "", "größe": "ñ", "http.route": "/größe/{n}"})
	span(plain, 4, 42, 41, "", internal, 999, 999) // no name, no duration, not on a microsecond
	span(plain, 4, 43, 41, "an instant", client, 1_000, 1_001)

	nameless := made.ResourceSpans().AppendEmpty()
	span(scope(nameless, "", ""), 4, 44, 41, "of nobody", server, 5_000_000, 6_000_000)
	tagged := made.ResourceSpans().AppendEmpty()
	fill(tagged.Resource().Attributes(), attributes{"deployment.environment.name": "production"})
	span(scope(tagged, "", ""), 4, 45, 44, "of nobody", internal, 5_000_000, 6_000_000)
}

func scope(resource ptrace.ResourceSpans, name, version string) ptrace.ScopeSpans {
	made := resource.ScopeSpans().AppendEmpty()
	made.Scope().SetName(name)
	made.Scope().SetVersion(version)
	return made
}

// span appends a span; start and end are nanoseconds since the epoch.
func span(
	scope ptrace.ScopeSpans, trace, id, parent byte, name string, kind ptrace.SpanKind, start, end int64,
) ptrace.Span {
	made := scope.Spans().AppendEmpty()
	made.SetTraceID(traceID(trace))
	made.SetSpanID(spanID(id))
	if parent != 0 {
		made.SetParentSpanID(spanID(parent))
	}
	made.SetName(name)
	made.SetKind(kind)
	made.SetStartTimestamp(pcommon.Timestamp(epoch.UnixNano() + start))
	made.SetEndTimestamp(pcommon.Timestamp(epoch.UnixNano() + end))
	return made
}

func traceID(number byte) pcommon.TraceID {
	return pcommon.TraceID{0x5b, 0x8e, 0xff, 0xf7, 0x98, 0x03, 0x81, 0x03, 0xd2, 0x69, 0xb6, 0x33, 0x81, 0x3f, 0xc6, number}
}

func spanID(number byte) pcommon.SpanID {
	return pcommon.SpanID{0xee, 0xe1, 0x9b, 0x7e, 0xc3, 0xc1, 0xb1, number}
}

func event(span ptrace.Span, at int64, name string, given attributes) {
	made := span.Events().AppendEmpty()
	made.SetTimestamp(pcommon.Timestamp(epoch.UnixNano() + at))
	made.SetName(name)
	fill(made.Attributes(), given)
}

func link(span ptrace.Span, trace, id byte, given attributes) {
	made := span.Links().AppendEmpty()
	made.SetTraceID(traceID(trace))
	made.SetSpanID(spanID(id))
	fill(made.Attributes(), given)
}

// fill puts attributes in the order of their names, so that records are the same every time.
func fill(into pcommon.Map, given attributes) {
	for _, name := range sorted(given) {
		if nested, is := given[name].(attributes); is {
			fill(into.PutEmptyMap(name), nested)
		} else {
			must(into.PutEmpty(name).FromRaw(given[name]))
		}
	}
}
