"""Pages for people, rendered by the daemon: HTML and one stylesheet, no script.

What a page says is made by pure functions from the records of the verdicts topic; templates only place it.
"""
