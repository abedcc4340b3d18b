"""Limits that are measured on a running daemon with a real Apache Kafka: soak, overload, latency."""
