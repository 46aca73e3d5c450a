"""What a running ledger says about itself: `ready.json`, and the words for a person."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson

from cli.connection import READY
from infra.files import write_private


def write_ready(data: Path, ready: dict[str, Any]) -> None:
    """Keep the line in the data directory, readable by its owner alone."""
    write_private(data / READY, orjson.dumps(ready) + b"\n")


def remove_ready(data: Path) -> None:
    """Forget the line: nothing runs there any more."""
    (data / READY).unlink(missing_ok=True)


def for_people(ready: dict[str, Any]) -> Iterator[str]:
    """Yield lines for a person: where it is, and a token per role, ready to paste."""
    yield f"The ledger is running on {ready['data']}. Ctrl-C stops it."
    yield ""
    yield f"  API            {ready['url']}/v1"
    yield f"  documentation  {ready['url']}/docs"
    yield ""
    yield "One token per role, ready to paste:"
    yield ""
    yield f"export LEDGER={ready['url']}"
    for role, token in ready["tokens"].items():
        yield f"export {role.upper()}={token}"
    if ready["customer_contract"]:
        yield f"export CONTRACT={ready['customer_contract']}  # the customer's"
