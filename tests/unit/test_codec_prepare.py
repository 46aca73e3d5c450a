"""What a request becomes before the store's lock, and which keys it takes."""

import asyncio
import threading
from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import orjson
from support.envelopes import (
    AT,
    BARE,
    FULL,
    KEK,
    LEDGER,
    PREVIOUS,
    DerivedStore,
    example,
    fixed_codec,
    fixed_id,
    request,
)

from domain.log import CommandKey, NewEvent, Request, Write
from domain.stream import Stream, StreamKind
from domain.ticket.events import MessagePosted, TagAdded, TicketOpened
from domain.values import Provenance, Purpose, Sealed
from infra.codec import Codec
from infra.keys import Keys
from infra.keys.store import WrappedKey

ADDRESS = Sealed('{"address":"192.0.2.7"}', fixed_id("agent"), Purpose.ADDRESS)
TICKET, OTHER = (Stream(StreamKind.TICKET, fixed_id(name)) for name in ("ticket", "other"))


def scopes(said: Provenance, contract: str | None, event: object = None) -> list[str]:
    store = DerivedStore()
    with fixed_codec("prepare", store) as codec:
        codec.prepare(request(event or TagAdded("mail"), said, contract))
        return list(store.scopes(""))


def test_texts_are_keyed_by_subject_contract_and_purpose() -> None:
    subject = fixed_id("subject")
    posted = example(MessagePosted)
    assert scopes(BARE, "CN-1", posted) == [f"correspondence/{subject}/CN-1/"]
    assert scopes(BARE, None, posted) == [f"correspondence/{subject}//"]


def test_addresses_are_keyed_by_contract_and_year() -> None:
    said = replace(BARE, address=ADDRESS)
    assert scopes(said, "CN-1") == ["address//CN-1/2026"]
    assert scopes(said, None) == ["address///2026"]


def test_the_year_of_an_address_is_that_of_the_request_in_utc() -> None:
    new_year = datetime(2027, 1, 1, 1, 30, tzinfo=timezone(timedelta(hours=2)))
    assert new_year.astimezone(UTC).year == 2026
    assert scopes(replace(BARE, address=ADDRESS, at=new_year), "CN-1") == ["address//CN-1/2026"]


def several() -> Request:
    tags = tuple(NewEvent(TagAdded(tag), "CN-1") for tag in ("mail", "dns"))
    writes = (
        Write(TICKET, 3, tags),
        Write(OTHER, 0, (NewEvent(example(TicketOpened), None),)),
    )
    return Request(writes, (), CommandKey(b"k" * 32, ()), FULL)


def test_every_event_of_a_request_knows_its_place_in_it() -> None:
    with fixed_codec("prepare") as codec:
        prepared = codec.prepare(several())
        drafts = prepared.drafts
        envelopes = [
            orjson.loads(codec.finish(draft, 1, 9 + n, draft.version, PREVIOUS, 1, None, AT))
            for n, draft in enumerate(drafts)
        ]
    assert [(draft.stream, draft.version) for draft in drafts] == [
        (TICKET, 4),
        (TICKET, 5),
        (OTHER, 1),
    ]
    assert [one["command"] for one in envelopes] == [
        {"id": (b"k" * 32).hex(), "index": n, "count": 3} for n in (1, 2, 3)
    ]
    assert [one["contract"] is None for one in envelopes] == [False, False, True]
    assert len({draft.id for draft in drafts}) == 3
    assert all(draft.id.version == 7 for draft in drafts)


def test_each_event_of_a_request_seals_the_address_for_itself() -> None:
    with fixed_codec("prepare") as codec:
        rows = [draft.sealed[-1] for draft in codec.prepare(several()).drafts]
    assert {row.field for row in rows} == {"address"}
    assert len({(row.nonce, row.ciphertext) for row in rows}) == 3


def test_a_request_says_whose_data_it_seals() -> None:
    with fixed_codec("prepare") as codec:
        prepared = codec.prepare(several())
    agent, subject = fixed_id("agent"), fixed_id("subject")
    assert prepared.seals == {
        (agent, "CN-1", Purpose.ADDRESS, fixed_id("key", "address//CN-1/2026")),
        (agent, None, Purpose.ADDRESS, fixed_id("key", "address///2026")),
        (subject, None, Purpose.CORRESPONDENCE, fixed_id("key", f"correspondence/{subject}//")),
    }


class SlowStore(DerivedStore):
    """Answers when it may: a disk takes its time."""

    def __init__(self) -> None:
        super().__init__()
        self.may_answer = threading.Event()

    def find(self, scopes: Collection[str]) -> Mapping[str, WrappedKey]:
        assert self.may_answer.wait(30), "nothing else went on meanwhile"
        return super().find(scopes)


def test_the_event_loop_goes_on_while_a_key_is_made() -> None:
    store = SlowStore()
    keys = Keys(store, KEK)
    codec = Codec(LEDGER, keys)

    async def watch() -> int:
        task = asyncio.create_task(codec.prepare_soon(several()))
        turns = 0
        while not task.done():
            await asyncio.sleep(0)
            turns += 1
            if turns == 10:
                store.may_answer.set()
        assert len((await task).drafts) == 3
        return turns

    assert asyncio.run(watch()) >= 10
    assert asyncio.run(watch()) < 10, "what is in memory needs no other thread"
    keys.close()
