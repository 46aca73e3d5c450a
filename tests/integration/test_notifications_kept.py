"""What was told belongs to its contract's history: whoever walks that takes it well."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest
from pydantic import SecretStr
from support import databases
from support.attacked import KEK
from support.bags import Exporting, verify, verify_alone
from support.erasing import carry_out
from support.mailing import AGENT, Contract, Office, office, said
from support.views import Ledger

from domain.contract.events import ContractClosed, Ending
from domain.dispute.events import DisputeOpened
from domain.dispute.vocabulary import DisputeKind
from domain.erasure import Basis, SubjectErased
from domain.handling import Handler, Reading, Step
from domain.notification import NOTIFICATION
from domain.notification.commands import RecordBounced
from domain.notification.events import Medium, NotificationBounced, NotificationSent
from domain.stream import Stream, StreamKind
from domain.ticket.events import TicketAcknowledged
from domain.values import Actor, ActorKind, Provenance, Purpose
from infra.bundle.checking import Result
from infra.fsck.run import fsck
from infra.ids import new_id
from infra.networks import Labels
from infra.pool import Pool
from infra.postgres import Cluster
from infra.secrets import Secrets
from projections.as_of import resolve
from projections.case_file.fold import CaseFile
from projections.case_file.reading import find_dispute, read_case_file
from projections.contract_history import contract_history
from projections.followers import followers
from projections.opening import Opened, Reads, open_envelopes


@dataclass
class Kept:
    """A contract of which was told, with what came of it."""

    post: Office
    contract: Contract
    ticket: Stream
    dispute: Stream
    event: UUID

    @property
    def ledger(self) -> Ledger:
        return Ledger(self.post.database, self.post.log.codec)


@pytest.fixture(scope="module", name="kept")
def _kept(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kept]:
    data = tmp_path_factory.mktemp("kept")
    with databases.fresh(cluster) as database, office(database, data) as post:
        contract = post.contract()
        ticket, _ = post.ticket(contract)
        event = post.record((ticket, contract.number, [TicketAcknowledged(60, None)]))
        dispute = Stream(StreamKind.DISPUTE, new_id())
        opened = DisputeOpened("7", DisputeKind.OTHER, contract.number, new_id(), "en", None)
        post.record((dispute, contract.number, [opened]))
        post.record((contract.stream, contract.number, [ContractClosed(Ending.EXPIRED, None)]))
        with post.working():
            post.tell()
        made = Kept(post, contract, ticket, dispute, event.event_ids[0])
        asyncio.run(_bounce(made))
        yield made


async def _bounce(kept: Kept) -> None:
    """Record a bounce as inbound mail does."""
    log, actor = kept.post.log, Actor(ActorKind.SYSTEM, new_id(), None)
    pool = Pool(kept.post.database.dsn_app)
    await pool.open()
    log.reader.pool = pool
    command = RecordBounced(
        by=actor,
        at=datetime.now(UTC),
        medium=Medium.MAIL,
        status="5.1.1",
        report=said("no such user", kept.contract.holder),
    )

    async def plan(_: Reading) -> tuple[Step, ...]:
        stream = Stream(StreamKind.NOTIFICATION, kept.event)
        return (Step(NOTIFICATION, stream, command),)

    key = Secrets(kept.post.keys).command_key("inbound", str(kept.event), b"")
    await Handler(log).handle(plan, key, Provenance(actor, command.at, new_id()))
    await pool.close()


def test_it_counts_under_the_contract_also_after_its_end(kept: Kept) -> None:
    sent, bounced = kept.post.became(kept.event)
    assert isinstance(sent, NotificationSent)
    assert isinstance(bounced, NotificationBounced)
    rows = kept.post.rows(
        "SELECT contract, contract_count FROM ledger.events WHERE stream_id = %s", kept.event
    )
    assert {row[0] for row in rows} == {kept.contract.number}
    history = kept.ledger.read(lambda reads: contract_history(reads, kept.contract.number))
    kinds = history.engineers.searched.kinds
    assert (kinds["NotificationSent"], kinds["NotificationBounced"]) == (1, 1)
    assert len(history.tickets) == 1


def test_no_version_of_the_ticket_moved(kept: Kept) -> None:
    rows = kept.post.rows(
        "SELECT max(stream_version) FROM ledger.events WHERE stream_id = %s", kept.ticket.id
    )
    assert rows == [(2,)]


def test_a_case_file_is_made_with_it(kept: Kept) -> None:
    async def read(reads: Reads) -> CaseFile:
        moment = await resolve(reads)
        found = await find_dispute(reads, kept.dispute.id, moment)
        return (await read_case_file(reads, found, Labels(), identity=True))[0]

    file = kept.ledger.read(read)
    (count,) = kept.post.rows(
        "SELECT count(*) FROM ledger.events WHERE contract = %s", kept.contract.number
    )
    assert file.events == count[0]


def test_bags_hold_it_and_are_intact(kept: Kept, tmp_path: Path) -> None:
    exporting = Exporting(kept.ledger, kept.post.data)
    with exporting.log():
        bag = exporting.export(kept.contract.number, tmp_path / "contract.zip")
    verdict = verify(bag, exporting.vkey)
    assert verdict.findings == []
    assert verify_alone(bag, exporting.vkey).returncode == 0
    rows = kept.post.rows("SELECT position FROM ledger.events WHERE stream_id = %s", kept.event)
    assert {verdict.results[row[0]] for row in rows} == {Result.INTACT}


def test_followers_pass_it_by(kept: Kept) -> None:
    (last,) = kept.post.rows("SELECT max(position) FROM ledger.events")[0]
    for followed in followers(kept.post.log.codec, Secrets(kept.post.keys), Labels()):
        kept.ledger.follow(last, followed)
        assert kept.ledger.tracked(followed.name)[0] >= last


def test_its_addresses_go_with_the_identity_of_whom_they_are(kept: Kept) -> None:
    purposes = (Purpose.IDENTITY, Purpose.CORRESPONDENCE)
    number, holder = kept.contract.number, kept.contract.holder
    erased = SubjectErased(new_id(), holder, number, purposes, (), Basis.CONTRACT_ENDED, ())
    kept.post.record((kept.contract.stream, number, [erased]), by=AGENT)
    carry_out(kept.post.database, kept.post.data)
    settings = kept.post.database.settings(kept.post.data, kek=SecretStr(KEK))
    assert fsck(settings).findings == []
    kept.post.keys.forget()

    async def read(reads: Reads) -> list[Opened]:
        async with reads.pool.connection() as connection:
            return await open_envelopes(connection, reads.sealer, [row[0] for row in rows])

    rows = kept.post.rows("SELECT envelope FROM ledger.events WHERE stream_id = %s", kept.event)
    opened = kept.ledger.read(read)
    assert [dict(one.texts) for one in opened] == [{"to.0.mail": None}, {"report": None}]
