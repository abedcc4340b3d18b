"""One test file per dimension, with its scenario and its words; `test_every_dimension.py` tries all alike."""
