"""A contract's life: registration, holder of record, persons and their rights."""
