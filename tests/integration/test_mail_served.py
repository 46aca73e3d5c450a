"""Mail as the consumers' process sends it, fed from the store."""

import threading
from pathlib import Path

from pydantic import SecretStr
from support.attacked import KEK
from support.databases import Database
from support.mailing import PATIENCE, Contract, Office, office
from support.serving import wait_until

from consumers.serve import serve
from domain.log import Accepted
from domain.ticket.events import TicketAcknowledged


def _acknowledged(post: Office, contract: Contract) -> Accepted:
    ticket, _ = post.ticket(contract)
    return post.record((ticket, contract.number, [TicketAcknowledged(60, None)]))


def test_what_happens_from_its_beginning_on_is_told_and_nothing_before(
    database: Database, tmp_path: Path
) -> None:
    with office(database, tmp_path) as post:
        contract = post.contract()
        before = _acknowledged(post, contract).event_ids[0]
        settings = database.settings(
            tmp_path,
            kek=SecretStr(KEK),
            consumers=("notifications",),
            smtp_url=SecretStr(f"smtp://127.0.0.1:{post.catcher.port}?tls=none"),
            mail_from="The provider <no-reply@provider.example>",
        )
        stop = threading.Event()
        process = threading.Thread(target=serve, args=[settings, stop])
        process.start()
        try:
            wait_until(lambda: bool(post.rows("SELECT FROM consumers.progress")), PATIENCE)
            after = _acknowledged(post, contract).event_ids[0]
            wait_until(lambda: bool(post.became(after)), PATIENCE)
        finally:
            stop.set()
            process.join()
        assert post.catcher.told(before) == []
        assert len(post.catcher.told(after)) == 1
