// A service that answers one request, whose baggage is the first argument.
import { context, propagation, SpanKind, trace } from '@opentelemetry/api';
import { provider } from './tracing.mjs';

const said = propagation.extract(context.active(), { baggage: process.argv[2] });
trace.getTracer('node').startSpan('GET /cart', { kind: SpanKind.SERVER }, said).end();
await provider.shutdown();
