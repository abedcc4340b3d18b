"""bytes -> Span: `Decoder.decode` turns one Kafka record into spans, whatever its encoding."""
