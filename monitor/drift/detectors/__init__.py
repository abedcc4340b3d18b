"""The three detectors, each for one kind of evidence: presence, split, place."""
