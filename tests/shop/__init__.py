"""A generated shop, and the acceptance scenarios on it: bytes of OTLP in, reports and alerts out.

- `model` says what a shop is, `draw` makes one of a seed: services, flows, branches, failures, a test suite.
- `happening` says what a request makes happen, as spans; `traffic` is what production and the suite do.
- `monitored` is the whole monitor without Kafka. Scenarios of a seed share its first hours of production.
- `injections` change one thing of a shop, `telemetry` what arrives of it; `table` says what must then be
  reported, and within how many evidence units; `judged` holds a report to that.

Nothing here knows how a dimension judges: the shop is made from the product's description and OpenTelemetry's
conventions alone. `python -m tests.shop SEED [SCENARIO]` prints what each scenario was found to be.
"""
