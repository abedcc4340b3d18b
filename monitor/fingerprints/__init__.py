"""Flow -> Fingerprint: mergeable counts that describe a path, and the units that are evidence."""
