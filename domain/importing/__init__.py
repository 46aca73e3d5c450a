"""Other systems' logs as history: pure translation of a file into what happened.

`table` takes a file apart, `rows` holds the common words and puts rows together to cases, `times`
turns local times into moments, `servicenow` and `eventlog` are the two forms a row may have.
"""
