"""What all shards of a partition share: sources and their clocks, runs, policy, commands, lost telemetry."""
