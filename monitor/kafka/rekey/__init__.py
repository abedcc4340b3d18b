"""The rekey stage's role: reads source topics, writes their spans to the rekeyed topic by trace id."""
