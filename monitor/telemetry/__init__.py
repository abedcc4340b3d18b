"""The monitor about itself: metrics, events, logs."""
