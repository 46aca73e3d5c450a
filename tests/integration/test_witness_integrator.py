"""The integrator publishes checkpoints with the cosignatures of its witnesses, and keeps them."""

from collections.abc import Iterator
from contextlib import ExitStack
from itertools import count
from pathlib import Path

import pytest
from support.cosigning import Cosigned, cosigned_ledger
from support.databases import Database
from support.log import integrated
from support.views import eventually
from support.witnessing import ORIGIN

from domain.errors import Malformed
from infra.cosignatures import COSIGNATURE
from infra.logkeys import LogKeys
from infra.notes import Verifier, open_note
from infra.settings import read_settings
from infra.tilefiles import TileReader, head_of
from projections.log import about_log
from projections.witnessing import FILE

NAMES = ["witness.example/w1", "witness.example/w2", "witness.example/w3"]


@pytest.fixture
def made(database: Database, keys_dir: Path, tmp_path: Path) -> Iterator[Cosigned]:
    with ExitStack() as stack:
        yield cosigned_ledger(stack, database, keys_dir, tmp_path, NAMES)


def test_what_is_published_carries_a_quorum_of_cosignatures(made: Cosigned) -> None:
    with made.integrating(witness_quorum=2):
        size = made.tell()
        assert eventually(lambda: made.published_size() == size and made.cosigners() == NAMES)
        assert open_note(made.published(), made.verifiers())
        assert made.published().startswith(made.last_signed())
        assert eventually(lambda: made.status()["size"] == size)
        assert made.status()["alarms"] == []
        assert set(made.status()["witnesses"].values()) == {"cosigns"}
    assert [watched.size() for watched in made.watched] == [size] * 3


def test_the_first_publication_already_has_the_quorum(made: Cosigned) -> None:
    seen: list[bytes] = []
    made.tell()
    with made.cosigners_for(seen) as integrator:
        integrator.publish()
    assert len(seen) == 1
    assert len(made.cosigners(seen[0])) >= 2


def test_a_quorum_is_reached_without_a_witness_that_is_down(made: Cosigned) -> None:
    made.watched[1].kill()
    with made.integrating():
        size = made.tell()
        assert eventually(lambda: made.cosigners() == [NAMES[0], NAMES[2]])
        assert eventually(lambda: made.status()["size"] == size)
        assert made.status()["quorum"] == 2
        assert eventually(lambda: made.status()["witnesses"][NAMES[1]] == "silent")


def test_slow_and_quick_witnesses_make_a_quorum_while_appends_go_on(made: Cosigned) -> None:
    made.watched[0].act("slow")
    made.watched[1].kill()
    seeds = count(1)

    def reached() -> bool:
        made.tell(requests=2, seed=next(seeds))
        return bool(made.status()["size"])

    with made.integrating(witness_quorum=2):
        assert eventually(reached, within=20)
        assert made.published_size() > made.status()["size"], "none waits for it"


def test_cosignatures_stay_when_the_integrator_is_started_again(made: Cosigned) -> None:
    with made.integrating():
        made.tell()
        assert eventually(lambda: made.cosigners() == NAMES)
        before = made.published()
    for watched in made.watched:
        watched.act("broken")
    (made.data / "log" / FILE).unlink()
    with made.integrating():
        assert eventually(lambda: made.status()["size"] == head_of(before).size, within=20)
        assert made.published() == before
        made.tell(seed=2)
        assert eventually(lambda: made.published_size() > head_of(before).size)
        assert made.cosigners() == []


def test_a_note_that_was_signed_and_not_published_is_published_and_cosigned(
    made: Cosigned,
) -> None:
    with made.integrating():
        made.tell()
        assert eventually(lambda: made.cosigners() == NAMES)
        earlier = made.published()
        size = made.tell(seed=2)
        assert eventually(lambda: made.published_size() == size)
    (made.data / "log" / "1" / "checkpoint").write_bytes(earlier)
    with made.integrating():
        assert eventually(lambda: made.published().startswith(made.last_signed()))
        assert eventually(lambda: made.cosigners() == NAMES, within=20)


def test_a_new_signing_key_keeps_the_cosignatures(made: Cosigned) -> None:
    with made.integrating():
        made.tell()
        assert eventually(lambda: made.cosigners() == NAMES)
        for watched in made.watched:
            watched.act("broken")
        LogKeys(made.data).rotate()
        new = LogKeys(made.data).signer(ORIGIN).verifier
        assert eventually(lambda: new.id in made.signers())
        assert made.cosigners() == NAMES, "they are about the tree, whoever signed it"


def test_the_next_epoch_is_cosigned_as_a_log_of_its_own(made: Cosigned) -> None:
    with made.integrating():
        size = made.tell()
        assert eventually(lambda: made.cosigners() == NAMES)
        made.ledger.rows("UPDATE ledger.identity SET epoch = 2")
        later = TileReader(made.data / "log" / "2")
        assert eventually(
            lambda: (note := later.checkpoint()) is not None and made.cosigners(note) == NAMES
        )
        about = about_log(made.data)
        assert about is not None
        assert about.epoch == 2
    assert [watched.size() for watched in made.watched] == [size] * 3, "the old log stands"


def test_without_witnesses_nothing_is_told_of_them(made: Cosigned) -> None:
    with made.integrating():
        made.tell()
        assert eventually(lambda: made.cosigners() == NAMES)
        before = made.published()
    with made.integrating(witnesses=()):
        assert eventually(made.unwatched)
    assert not integrated(made.ledger.database, made.data).due
    assert made.published() == before, "what was cosigned stays"


KEYS = [Verifier(f"w.example/{number}", bytes([number]) * 32, COSIGNATURE) for number in (1, 2)]
WITNESSES = [{"vkey": key.vkey, "url": "https://w.example"} for key in KEYS]
PLAIN = Verifier("w.example/1", bytes(32)).vkey


def test_a_quorum_is_more_than_half_unless_it_is_said() -> None:
    assert read_settings(witnesses=WITNESSES[:1]).quorum == 1
    assert read_settings(witnesses=WITNESSES).quorum == 2
    assert read_settings(witnesses=WITNESSES, witness_quorum=1).quorum == 1


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"witnesses": [{"vkey": PLAIN, "url": "https://w.example"}]}, "LEDGER_WITNESSES_0_VKEY"),
        ({"witnesses": [WITNESSES[0] | {"url": "file:///w"}]}, "LEDGER_WITNESSES_0_URL"),
        ({"witnesses": [WITNESSES[0], WITNESSES[0]]}, "LEDGER_WITNESSES"),
        ({"witnesses": WITNESSES, "witness_quorum": 3}, "LEDGER_WITNESS_QUORUM"),
        ({"witness_quorum": 1}, "LEDGER_WITNESS_QUORUM"),
    ],
)
def test_witnesses_that_cannot_be_are_refused(given: dict[str, object], named: str) -> None:
    with pytest.raises(Malformed, match=named):
        read_settings(**given)


def test_one_key_under_two_names_is_one_witness() -> None:
    twin = Verifier("other.example/1", KEYS[0].public, COSIGNATURE)
    both = [WITNESSES[0], {"vkey": twin.vkey, "url": "https://other.example"}]
    with pytest.raises(Malformed, match="LEDGER_WITNESSES"):
        read_settings(witnesses=both)


def test_a_second_integrator_that_waits_for_its_turn_takes_nothing_away(made: Cosigned) -> None:
    with made.integrating():
        size = made.tell()
        assert eventually(lambda: made.status()["size"] == size)
        told = made.status()
        with made.integrating(), made.integrating(witnesses=()):
            pass
        assert made.status()["witnesses"] == told["witnesses"]
