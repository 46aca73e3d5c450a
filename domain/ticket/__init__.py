"""A ticket's life: its events, commands, state and rules."""
