"""Webhooks: integrators are told of events by signed HTTP requests, each ticket's in order.

The consumer writes what is to be sent into `consumers.webhooks`; a worker for each endpoint sends
it, at least once, always under the event's own id (docs/webhooks.md).
"""
