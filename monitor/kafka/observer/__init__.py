"""The observer's role: source topics in, the flows topic out."""
