"""The log of an epoch that is over stays where it was, and what was lost with it stays provable."""

import base64
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256

import pytest
from pydantic import SecretStr
from support import databases
from support.histories import History
from support.log import NAME, defined_root, integrated, stored_leaves
from support.requests_of import size_of
from support.serving import Served, serving
from support.views import ledger_on

from domain.merkle import check_inclusion
from infra.notes import Verifier, open_note
from infra.postgres import Cluster
from infra.tilefiles import head_of

SEED = 13
LOST = 3


@dataclass
class Renewed:
    """A ledger in its second epoch; `leaves` are those of the first, the last of them lost."""

    served: Served
    leaves: list[bytes]
    note: bytes
    first: str

    @property
    def size(self) -> int:
        return len(self.leaves)


@pytest.fixture(scope="module")
def renewed(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Renewed]:
    data = tmp_path_factory.mktemp("epochs")
    with databases.fresh(cluster) as database:
        with ledger_on(database, data) as ledger:
            ledger.tell(History(SEED).requests(300))
            leaves = stored_leaves(database.dsn_superuser)
            integrated(database, data)
            (first,) = ledger.rows("SELECT event_id FROM ledger.events WHERE position = 2")[0]
            ledger.rows("ALTER TABLE ledger.events DISABLE TRIGGER ALL")
            ledger.rows("DELETE FROM ledger.events WHERE position > %s", [len(leaves) - LOST])
            ledger.rows("UPDATE ledger.identity SET epoch = 2")
        note = (data / "log" / "1" / "checkpoint").read_bytes()
        settings = database.settings(data, kek=SecretStr("A" * 43 + "="))
        with serving(settings) as served:
            served.until(lambda: size_of(served) > len(leaves))
            yield Renewed(served, leaves, note, str(first))


def test_the_old_checkpoint_is_served_as_it_was_signed(renewed: Renewed) -> None:
    answer = renewed.served.get(None, "/log/1/checkpoint")
    assert answer.content == renewed.note
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert answer.headers["Cache-Control"] == "public, max-age=1"
    for path in ("/checkpoint", "/log/2/checkpoint"):
        assert head_of(renewed.served.get(None, path).content).origin.endswith("/2")


def test_the_old_tiles_lead_to_the_old_checkpoint(renewed: Renewed) -> None:
    width = renewed.size - 256
    tiles = [
        renewed.served.get(None, f"/log/1/tile/0/{place}") for place in ("000", f"001.p/{width}")
    ]
    found = b"".join(tile.content for tile in tiles)
    assert found == b"".join(renewed.leaves)
    assert defined_root(renewed.leaves) == head_of(renewed.note).root
    assert tiles[0].headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert renewed.served.get(None, f"/tile/0/001.p/{width}").content != tiles[1].content
    wider = renewed.served.get(None, f"/log/1/tile/0/001.p/{width + 1}")
    assert wider.status_code == 404


def test_entries_that_survived_are_served_and_those_that_replaced_lost_ones_are_not(
    renewed: Renewed,
) -> None:
    width = renewed.size - 256
    for place, begin, end in (
        ("000", 0, 256),
        (f"001.p/{width - LOST}", 256, renewed.size - LOST),
    ):
        raw = renewed.served.get("compliance", f"/log/1/tile/entries/{place}").content
        found = []
        while raw:
            length = int.from_bytes(raw[:2], "big")
            found.append(sha256(b"\x00" + raw[2 : 2 + length]).digest())
            raw = raw[2 + length :]
        assert found == renewed.leaves[begin:end]
    for wide in (width - LOST + 1, width):
        answer = renewed.served.get("compliance", f"/log/1/tile/entries/001.p/{wide}")
        assert answer.status_code == 404
        assert "were lost" in answer.json()["detail"]
    assert renewed.served.get("compliance", f"/tile/entries/001.p/{width}").status_code == 200
    assert renewed.served.get(None, "/log/1/tile/entries/000").status_code == 401


def test_an_event_is_proved_in_every_epoch_that_has_it(renewed: Renewed) -> None:
    path = f"/v1/events/{renewed.first}/proof"
    answer = renewed.served.get("compliance", path, params={"epoch": 1})
    lines, _, note = answer.text.partition("\n\n")
    assert note.encode() == renewed.note
    _, index, *proof = lines.split("\n")
    assert index == "index 1"
    check_inclusion(
        renewed.leaves[1],
        1,
        renewed.size,
        [base64.b64decode(step) for step in proof],
        head_of(renewed.note).root,
    )
    now = renewed.served.get("compliance", path).text.partition("\n\n")[2]
    assert head_of(now.encode()).origin.endswith("/2")
    later = renewed.served.open_ticket()
    later_path = f"/v1/events/{later['event_ids'][0]}/proof"
    asked = renewed.served.get("compliance", later_path, params={"epoch": 1})
    assert asked.status_code == 404
    assert renewed.served.get("compliance", path, params={"epoch": 9}).status_code == 422


def test_old_sizes_are_consistent_and_larger_ones_never_were(renewed: Renewed) -> None:
    told = renewed.served.get(
        "compliance", "/v1/consistency", params={"from": 3, "epoch": 1}
    ).json()
    assert told["to_root"] == head_of(renewed.note).root.hex()
    assert told["from_root"] == defined_root(renewed.leaves[:3]).hex()
    beyond = renewed.served.get(
        "compliance", "/v1/consistency", params={"from": 3, "to": renewed.size + 1, "epoch": 1}
    )
    assert (beyond.status_code, beyond.json()["where"]) == (422, "to")


def test_the_old_log_tells_its_origin_and_key(renewed: Renewed) -> None:
    told = renewed.served.get(None, "/v1/log", params={"epoch": 1}).json()
    assert (told["origin"], told["epoch"], told["epochs"]) == (f"{NAME}/1", 1, [1, 2])
    assert open_note(renewed.note, [Verifier.parse(told["vkey"])])
    now = renewed.served.get(None, "/v1/log").json()
    assert (now["epoch"], now["epochs"]) == (2, [1, 2])
    assert Verifier.parse(now["vkey"]).id != Verifier.parse(told["vkey"]).id


@pytest.mark.parametrize("epoch", ["0", "3", "01", "x", "-1", "1.0", "%31", "9" * 30, "1%00"])
def test_epochs_that_never_were_have_no_log(renewed: Renewed, epoch: str) -> None:
    answer = renewed.served.get(None, f"/log/{epoch}/checkpoint")
    assert answer.status_code == (200 if epoch == "%31" else 404), answer.text
    tile = renewed.served.get(None, f"/log/{epoch}/tile/0/000.p/1")
    assert tile.status_code == answer.status_code


@pytest.mark.parametrize("epoch", ["0", "3", "x", "-1", str(2**40)])
def test_asking_about_them_is_refused(renewed: Renewed, epoch: str) -> None:
    for path in ("/v1/log", "/v1/consistency?from=1", f"/v1/events/{renewed.first}/proof"):
        with_epoch = f"{path}{'&' if '?' in path else '?'}epoch={epoch}"
        answer = renewed.served.get("compliance", with_epoch)
        assert (answer.status_code, answer.json()["where"]) == (422, "epoch")


def test_a_head_speaks_of_the_log_of_its_epoch(renewed: Renewed) -> None:
    answer = renewed.served.get("supervisor", "/v1/contracts/C-0/head")
    assert answer.text.split("\n")[0].endswith("/2/head")
