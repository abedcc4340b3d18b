"""Clients of Kafka, topics, and small tools that both roles use."""
