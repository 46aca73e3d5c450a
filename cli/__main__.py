"""`python -m cli` is `ledger`."""

from cli.main import main

main()
