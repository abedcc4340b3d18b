"""What a system's telemetry looks like: spans as trees, and the records that exporters make of them."""
