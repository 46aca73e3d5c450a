"""The published schemas, one file for each event type and version."""
