"""`python -m cli` is `ledger`."""

from cli.main import main

if __name__ == "__main__":
    main()
