"""Mail to the customer: what happened in their tickets, and that something needs their attention.

`telling` says which events are told; the consumer writes a row for each, and the worker (`worker`)
learns from the store whom to tell and what (`knowing`), words it (`wording`), hands it over and
records that.
"""
