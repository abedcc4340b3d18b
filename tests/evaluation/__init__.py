"""The statistics on simulated streams: what the design promises, measured; `python -m tests.evaluation`."""
