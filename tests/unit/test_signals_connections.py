"""Signals in where people connected from: new networks, and addresses under many contracts."""

from collections.abc import Iterable

import pytest
from unit.cast import NOW, uid
from unit.signals_cast import (
    DAY,
    THRESHOLDS,
    change_requested,
    connected,
    history,
    visits,
)

from domain.log import Recorded
from domain.signals.connections import Connection, shared_addresses, stable, unseen_networks
from domain.signals.signal import Signal, SignalKind

HOME, AWAY = "home", "away"


def request(position: int, days: float) -> list[Recorded]:
    """Return the history in which a change is asked for at this position."""
    return history(*((0, None) for _ in range(position - 1)), (days, change_requested()))


def unseen(*connections: Connection, asked_at: int = 20) -> list[Signal]:
    return list(unseen_networks(request(asked_at, asked_at), connections, THRESHOLDS))


def test_a_change_asked_for_from_a_network_never_seen_is_a_signal() -> None:
    (found,) = unseen(*visits(HOME, HOME, HOME), connected(10, 10, AWAY, 0))
    assert found.kind is SignalKind.UNSEEN_NETWORK
    assert [(one.id, one.type) for one in found.events] == [
        (uid(10), "MessagePosted"),
        (uid(20), "IdentityChangeRequested"),
    ]
    assert (found.since, found.counted, found.labels) == (NOW + 20 * DAY, 1, ())


def test_a_change_asked_for_from_home_stays_silent() -> None:
    assert unseen(*visits(HOME, HOME, HOME), connected(10, 10, HOME, 0)) == []


@pytest.mark.parametrize(
    "networks",
    [
        pytest.param(["a", "b", "c", "d", "e"], id="each-time-another"),
        pytest.param([HOME, HOME], id="too-few-visits"),
        pytest.param([], id="never-there-before"),
    ],
)
def test_a_holder_without_stable_networks_stays_silent(networks: list[str]) -> None:
    assert unseen(*visits(*networks), connected(10, 10, AWAY, 0)) == []


def test_a_change_that_staff_wrote_down_stays_silent() -> None:
    assert unseen(*visits(HOME, HOME, HOME)) == []


def test_networks_seen_after_the_request_say_nothing_of_it() -> None:
    assert unseen(*visits(HOME, HOME, HOME), connected(21, 21, AWAY, 0)) == []


def test_a_known_network_is_named_beside_the_signal() -> None:
    new = connected(10, 10, AWAY, 0, label="agency-7", asserted=True)
    (found,) = unseen(*visits(HOME, HOME, HOME), new)
    assert found.labels == ("agency-7", "asserted")


def test_a_ticket_that_was_written_from_two_networks_is_judged_by_the_new_one() -> None:
    at_home, elsewhere = connected(9, 9, HOME, 0), connected(10, 10, AWAY, 0)
    (found,) = unseen(*visits(HOME, HOME, HOME), at_home, elsewhere, connected(11, 11, AWAY, 0))
    assert [one.position for one in found.events] == [10, 20]


@pytest.mark.parametrize(
    ("networks", "is_stable"),
    [
        ([HOME, HOME, HOME], True),
        ([HOME, AWAY, HOME], True),
        ([HOME, "a", HOME, "b", HOME], True),
        ([HOME, "a", "b", "c", HOME], False),
    ],
)
def test_half_of_the_visits_come_from_where_somebody_was_before(
    networks: list[str], *, is_stable: bool
) -> None:
    assert stable(visits(*networks), 3) is is_stable


def test_a_day_in_one_ticket_is_one_visit() -> None:
    chatty = [connected(position, position / 100, HOME) for position in range(9)]
    assert not stable(chatty, 2)


def shared(connections: Iterable[Connection]) -> list[Signal]:
    return list(shared_addresses("C-1", connections, THRESHOLDS))


def used(*under: tuple[str, float], address: bytes = b"one") -> list[Connection]:
    """Return uses of one address: under which contract, after how many days."""
    return [
        connected(position, days, HOME, contract=contract, address=address)
        for position, (contract, days) in enumerate(under, 1)
    ]


def test_an_address_under_many_contracts_is_a_signal_that_names_the_first_of_each() -> None:
    (found,) = shared(used(("C-1", 0), ("C-2", 1), ("C-1", 2), ("C-3", 3), ("C-3", 4)))
    assert found.kind is SignalKind.SHARED_ADDRESS
    assert (found.since, found.counted) == (NOW + 3 * DAY, 3)
    assert [one.position for one in found.events] == [1, 2, 4]


@pytest.mark.parametrize(
    "under",
    [
        pytest.param([("C-1", 0), ("C-2", 1), ("C-1", 2)], id="few-contracts"),
        pytest.param([("C-1", 0), ("C-2", 11), ("C-3", 22)], id="one-after-the-other"),
        pytest.param([("C-2", 0), ("C-3", 1), ("C-4", 2), ("C-1", 99)], id="long-before-this-one"),
    ],
)
def test_an_address_that_went_from_one_to_the_next_stays_silent(
    under: list[tuple[str, float]],
) -> None:
    assert shared(used(*under)) == []


def test_other_addresses_of_the_same_network_are_not_counted_together() -> None:
    apart = [
        *used(("C-1", 0)),
        *used(("C-2", 1), address=b"two"),
        *used(("C-3", 2), address=b"three"),
    ]
    assert shared(apart) == []


def test_the_agency_behind_a_shared_address_is_named() -> None:
    uses = used(("C-1", 0), ("C-2", 1))
    uses.append(connected(3, 2, HOME, contract="C-3", address=b"one", label="agency-7"))
    (found,) = shared(uses)
    assert found.labels == ("agency-7",)
