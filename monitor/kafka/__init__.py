"""The only place that knows Kafka: it feeds the pure pipeline and publishes its results."""
