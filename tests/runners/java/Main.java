import io.opentelemetry.api.baggage.propagation.W3CBaggagePropagator;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.propagation.TextMapGetter;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** A service that answers one request: its arguments are the Collector's address and the request's baggage. */
final class Main {
  private static final TextMapGetter<Map<String, String>> HEADERS =
      new TextMapGetter<>() {
        @Override
        public Iterable<String> keys(Map<String, String> headers) {
          return headers.keySet();
        }

        @Override
        public String get(Map<String, String> headers, String name) {
          return headers.get(name);
        }
      };

  public static void main(String[] arguments) {
    var provider = Tracing.provider(arguments[0] + "/v1/traces");
    var headers = Map.of("baggage", arguments[1]);
    var said = W3CBaggagePropagator.getInstance().extract(Context.root(), headers, HEADERS);
    var tracer = provider.get("java");
    tracer.spanBuilder("GET /cart").setSpanKind(SpanKind.SERVER).setParent(said).startSpan().end();
    provider.shutdown().join(10, TimeUnit.SECONDS);
  }
}
