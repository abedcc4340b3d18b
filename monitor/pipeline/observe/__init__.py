"""From bytes to flows: the observer's fold of one source partition."""
