"""The composition root and the `ledger` command."""
