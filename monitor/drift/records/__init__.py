"""What stands on the verdicts topic, as types: one file per kind of record, and the latest of each.

Records are JSON objects. Fields that a reader does not know are ignored, and those that an older writer left
out have a default; so a field may be added, and none may change its meaning.
"""
