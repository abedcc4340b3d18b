"""Metamorphic tests: the same system, observed otherwise, must be judged the same; another one must not.

Nobody can write down the right report for telemetry of every kind. Two reports can be compared, though:

- `systems` draws a small system from a seed, and a test suite for it: pure data.
- `telemetry` says what happened in it, as spans, and how they are exported, as OTLP/JSON records.
- `transformations` rewrite that telemetry as other instrumentation, proxies, brokers and exporters would
  have written it. None of them changes the system.
- `changes` are real differences between what production does and what the tests do.
- `judged` sends both sides through the whole monitor, in process, and `conclusions` reduces the report to
  what a person concludes from it.
- `laws` says what must hold between the reports.

`python -m tests.metamorphic SEED` replays one seed and prints everything about it.
"""
