"""What may happen: pure Python, standard library only, no clock, no I/O."""
