"""What happens elsewhere because of an event."""
