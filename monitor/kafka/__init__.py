"""The only place that knows Kafka: it feeds the pure pipeline and carries out what it says."""
