"""A ticket's life over HTTP."""

from collections.abc import Iterator

import pytest
from support.serving import Served, serving

from infra.settings import Settings


@pytest.fixture
def served(settings: Settings) -> Iterator[Served]:
    with serving(settings) as running:
        yield running


def test_a_ticket_is_opened_and_its_timeline_read(served: Served) -> None:
    opened = served.open_ticket()
    assert opened.keys() >= {"id", "version", "position", "event_ids", "leaf_hash", "number"}
    answer = served.get("agent", f"/v1/tickets/{opened['id']}/timeline")
    assert answer.status_code == 200, answer.text
    (entry,) = answer.json()["items"]
    assert entry["type"] == "TicketOpened"
    assert entry["what"]["subject"]["text"] == "Mail does not arrive"
    assert entry["address"]["address"] == "127.0.0.1"
