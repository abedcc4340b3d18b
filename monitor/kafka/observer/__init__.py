"""The observer's role: reads source topics, writes the flows topic."""
