"""The case file: everything recorded under the contract of a dispute, in one view.

`fold.py` makes it from events, without a database; `reading.py` gathers the events.
"""
