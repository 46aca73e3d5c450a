"""What is read: each projection owns its tables, its writes and its reads."""
