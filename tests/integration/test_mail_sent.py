"""Mail that customers get, through a real server."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from support import databases
from support.mailing import Office, office

from domain.notification.events import NotificationKind, NotificationSent
from domain.ticket.events import PromiseKind, PromiseMade, TicketAcknowledged
from infra.postgres import Cluster


@pytest.fixture(scope="module", name="post")
def _post(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with databases.fresh(cluster) as database:
        with office(database, tmp_path_factory.mktemp("mail")) as opened:
            yield opened


def test_an_acknowledgement_says_when_a_reaction_comes(post: Office) -> None:
    contract = post.contract()
    ticket, _ = post.ticket(contract)
    due = datetime.now(UTC) + timedelta(hours=2)
    events = [TicketAcknowledged(7200, None), PromiseMade(PromiseKind.REACTION, due)]
    accepted = post.record((ticket, contract.number, events))
    post.tell()
    (caught,) = post.catcher.told(accepted.event_ids[0])
    assert caught.to == (contract.mail,)
    assert "within 2 hours" in caught.text
    (sent,) = post.became(accepted.event_ids[0])
    assert isinstance(sent, NotificationSent)
    assert sent.kind is NotificationKind.ACKNOWLEDGEMENT
