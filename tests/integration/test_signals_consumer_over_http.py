"""The list of signals over HTTP: what is kept, by kind and contract, page by page."""

import psycopg
import pytest
from support import disputes
from support.ownership import joined
from support.requests_of import World, contract_body, new_number, new_world
from support.serving import Served

from consumers.handler import Arrived
from consumers.signals import Signals
from projections.signals import thresholds_of


def caught_up(served: Served) -> None:
    """Let the consumer handle every event there is, in one transaction."""
    settings = served.settings
    assert settings.database_consumer_url
    dsn = settings.database_consumer_url.get_secret_value()
    consumer = Signals(dsn, served.services.log.codec.sealer, thresholds_of(settings))
    with psycopg.connect(dsn) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT position, envelope FROM ledger.events ORDER BY position")
        consumer.handle(cursor, [Arrived(row[1], f"store/{row[0]}") for row in cursor.fetchall()])


@pytest.fixture
def world(served: Served) -> World:
    return new_world(served)


def test_the_list_has_what_is_told_of_each_contract_and_of_staff(world: World) -> None:
    served, path = world.served, "/v1/signals"
    enquiry = served.open_ticket("agent", contract=None, channel="phone")["id"]
    dispute = disputes.opened(world, contract=None, ticket=enquiry)
    claims = [disputes.claimed(dispute)["claim"] for _ in range(3)]
    for one in claims[:2]:
        disputes.claim_refused(dispute, one)
    attached = dispute.do("attach", {"contract": world.contract})["position"]
    who, token = joined(served, "dispute_handler")
    for _ in range(3):
        body = contract_body(number := new_number())
        assert served.post("supervisor", "/v1/contracts", body).status_code == 201
        read = served.client(None, token).get(f"/v1/contracts/{number}/identity")
        assert read.status_code == 200
    caught_up(served)
    seen = {"Ledger-Position": str(attached)}
    asked = served.get("compliance", f"/v1/contracts/{world.contract}/signals", headers=seen)
    of_contract = {"contract": world.contract}
    listed = served.get("supervisor", path, params=of_contract)
    assert listed.status_code == 200, listed.text
    items = listed.json()["items"]
    added = ("contracts", "staff", "raised_at_position")
    told = [{name: one[name] for name in one if name not in added} for one in items]
    assert sorted(told, key=lambda one: one["kind"]) == sorted(
        asked.json()["signals"], key=lambda one: one["kind"]
    )
    assert {one["raised_at_position"] for one in items} == {attached}
    assert [one["contracts"] for one in items] == [[world.contract]] * 2
    one_kind = of_contract | {"kind": "many_claimants"}
    assert len(served.get("supervisor", path, params=one_kind).json()["items"]) == 1
    of_staff = served.get("compliance", path, params={"contract": number}).json()["items"]
    assert {one["kind"] for one in of_staff} == {"opened_without_ticket"}
    assert who in {one["staff"] for one in of_staff}
    assert served.get("supervisor", path, params={"contract": number}).json()["items"] == []
    pages, cursor = [], {}
    while True:
        page = served.get("supervisor", path, params=of_contract | {"limit": 1} | cursor).json()
        pages += page["items"]
        if page["next"] is None:
            break
        cursor = {"cursor": page["next"]}
    assert pages == items
    elsewhere = served.get("supervisor", path, params=cursor)
    assert (elsewhere.status_code, elsewhere.json()["where"]) == (422, "cursor")
