"""Verification of everything that is stored, from the bytes up: what `ledger fsck` does."""
