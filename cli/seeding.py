"""A process of its own that makes a development ledger's first people, and prints their tokens.

It loads what appends events; the supervisor, which stays, never does.
"""

import asyncio
import sys

import orjson

from cli import people
from cli.exits import exit_code
from domain.errors import LedgerError
from infra import logs
from infra.settings import read_settings


def main() -> int:
    """Make or find the people, print them as JSON, return the exit code."""
    try:
        settings = read_settings()
        logs.configure(settings.log_level)
        sys.stdout.buffer.write(orjson.dumps(asyncio.run(people.seed(settings))))
    except LedgerError as error:
        logs.logger("seeding").exception("no tokens were made", reason=str(error))
        return exit_code(error)
    return 0


if __name__ == "__main__":
    sys.exit(main())
