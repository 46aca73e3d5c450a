"""Nothing personal in the clear: every sealed field of every event type, in every file."""

import asyncio
from collections.abc import Iterable
from datetime import UTC, datetime

import pytest
from support.databases import Database
from support.filling import filled
from support.plaintext import Markers, dump_tables, leak_into_table, search, search_files

from domain.catalogue import BY_KIND
from domain.log import NewEvent, Request, Write
from domain.stream import Stream
from domain.values import Actor, ActorKind, Provenance, Purpose, Sealed
from infra.envelope import parse
from infra.ids import new_id
from infra.keys.opening import open_keys
from infra.postgres import Cluster
from infra.reading import commitments
from infra.secrets import Secrets
from infra.settings import Settings
from infra.store import open_log

ADDRESS = "2001:db8:5a3c:9e01::77aa"


def requests(markers: Markers, secrets: Secrets) -> Iterable[Request]:
    """Yield a request for every event type, every sealed field marked, an address on each."""
    actor = Actor(ActorKind.STAFF, new_id(), None)
    for kind, classes in BY_KIND.items():
        for cls in classes:
            event = filled(cls, markers.text)
            said = Provenance(
                actor=actor,
                at=datetime.now(UTC),
                correlation=new_id(),
                address=Sealed(markers.exact(ADDRESS), actor.id, Purpose.ADDRESS),
            )
            key = secrets.command_key(markers.text("principal"), str(new_id()), b"payload")
            events = (NewEvent(event, "C-1001"),)
            yield Request((Write(Stream(kind, new_id()), 0, events),), (), key, said)


async def record(settings: Settings, markers: Markers) -> int:
    """Record every event type; return how many sealed fields were written."""
    keys = open_keys(settings)
    assert settings.database_url
    dsn = settings.database_url.get_secret_value()
    async with open_log(dsn, settings.data, keys) as log:
        for request in requests(markers, Secrets(keys)):
            await log.append(request)
    keys.close()
    return len(markers.planted)


def leaks_in(
    database: Database, settings: Settings, cluster: Cluster, markers: Markers
) -> set[tuple[str, str]]:
    """Return (place, form) of each marker found: cluster files with WAL, log, keys, tables."""
    dump = dump_tables(database.dsn_superuser)
    needles = markers.needles()
    places = {
        "data": [cluster.pgdata / "base", cluster.pgdata / "global"],
        "wal": [cluster.pgdata / "pg_wal"],
        "log": [cluster.log],
        "keys and head": [settings.data],
    }
    found = {
        (place, hit.form) for place, roots in places.items() for hit in search_files(roots, needles)
    }
    return found | {("tables", hit.form) for hit in search(dump, "tables", needles)}


@pytest.fixture
def recorded(settings: Settings) -> Markers:
    markers = Markers()
    asyncio.run(record(settings, markers))
    return markers


def test_no_file_of_the_store_holds_a_sealed_field_in_the_clear(
    database: Database, settings: Settings, cluster: Cluster, recorded: Markers
) -> None:
    assert len(recorded.planted) > 60
    assert leaks_in(database, settings, cluster, recorded) == set()


def test_a_deliberate_leak_in_any_of_these_places_is_found(
    database: Database, settings: Settings, cluster: Cluster, recorded: Markers
) -> None:
    control = Markers()
    text = control.exact("a deliberate leak")
    leak_into_table(database.dsn_superuser, text)
    with cluster.log.open("a") as log:
        log.write(text)
    (settings.data / "leak").write_text(text, "utf-8")
    places = {place for place, _ in leaks_in(database, settings, cluster, control)}
    assert places == {"data", "wal", "log", "keys and head", "tables"}


def test_the_texts_that_are_searched_for_were_recorded(
    settings: Settings, recorded: Markers
) -> None:
    fields = {name for name in recorded.planted if name != "principal"}
    assert asyncio.run(opened(settings)) == {recorded.planted[name] for name in fields} | {ADDRESS}


async def opened(settings: Settings) -> set[str]:
    """Return every personal text of the ledger, opened with its keys."""
    keys = open_keys(settings)
    assert settings.database_url
    dsn = settings.database_url.get_secret_value()
    texts: set[str] = set()
    async with open_log(dsn, settings.data, keys) as log:
        head = await log.head()
        async for _, envelope in log.reader.by_positions(0, head.position):
            said = commitments(parse(envelope))
            rows = await log.reader.sealed_rows([one.event_id for one in said[:1]])
            pairs = [(rows[one.event_id, one.field], one) for one in said]
            texts |= {str(text) for text in log.codec.sealer.open_all(pairs)}
    keys.close()
    return texts
