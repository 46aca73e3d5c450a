"""Whoever reads the ledger gets cosignatures with the checkpoint; operators are told of alarms."""

from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from support import databases
from support.log import NAME
from support.running import ledger
from support.serving import Served, serving
from support.witnessing import ORIGIN, Watching, cosigners_of, watching

from infra.logkeys import LogKeys
from infra.postgres import Cluster

WITNESS = "witness.example/w1"
Both = tuple[Served, Watching]


@pytest.fixture(scope="module")
def both(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Both]:
    place = tmp_path_factory.mktemp("cosigned")
    LogKeys(place).create()
    vkey = LogKeys(place).signer(ORIGIN).verifier.vkey
    with ExitStack() as stack:
        watched = stack.enter_context(watching(place / "witness", [vkey], WITNESS))
        made = stack.enter_context(databases.fresh(cluster))
        settings = made.settings(place, log_name=NAME, witnesses=[watched.setting])
        yield stack.enter_context(serving(settings)), watched


def figures(served: Served) -> list[str]:
    return [str(line) for line in served.get(None, "/metrics").text.splitlines()]


def test_checkpoint_and_proofs_carry_cosignatures(both: Both) -> None:
    served, watched = both
    written = served.open_ticket()
    event = written["event_ids"][0]

    def proved() -> bool:
        answer = served.get("compliance", f"/v1/events/{event}/proof")
        note = answer.content.partition(b"\n\n")[2]
        return answer.status_code == 200 and cosigners_of(note, [watched.vkey]) == [WITNESS]

    served.until(proved)
    checkpoint = served.get(None, "/checkpoint").content
    assert cosigners_of(checkpoint, [watched.vkey]) == [WITNESS]


def test_operators_are_told_how_each_witness_stands_and_of_alarms(both: Both) -> None:
    served, watched = both

    def told() -> dict[str, object]:
        return dict(served.get("operator", "/v1/status").json()["checkpoint"]["cosigned"])

    position = served.open_ticket()["position"]
    served.until(lambda: int(str(told()["size"])) >= position)
    assert told().keys() == {"size", "age", "quorum", "alarms", "witnesses"}
    assert (told()["quorum"], told()["alarms"]) == (1, [])
    assert told()["witnesses"] == {WITNESS: "cosigns"}
    assert "ledger_witness_alarms 0.0" in figures(served)
    assert f'ledger_witness_cosigns{{witness="{WITNESS}"}} 1.0' in figures(served)
    watched.act("ahead")
    served.open_ticket()
    served.until(lambda: told()["alarms"] != [])
    assert "ledger_witness_alarms 1.0" in figures(served)
    assert f'ledger_witness_cosigns{{witness="{WITNESS}"}} 0.0' in figures(served)
    words = ledger("status", "--url", served.url, "--token", served.tokens["operator"])
    assert f"ALARM      {WITNESS} contradicts: it has seen a tree of" in words.stdout
    assert f"witness    {WITNESS}: contradicts" in words.stdout
    watched.act("honest")
    served.until(lambda: told()["alarms"] == [])
