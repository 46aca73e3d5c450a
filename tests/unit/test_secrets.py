"""Keyed hashes: the same for the same input, and for nobody without the secret."""

from collections.abc import Collection, Mapping, Sequence

import pytest
from support.envelopes import KEK, DerivedStore

from infra.keys import Keys
from infra.keys.store import WrappedKey
from infra.secrets import PERIOD_SECONDS, Secrets

DAY = 86_400
START = 700 * PERIOD_SECONDS


class Clock:
    now = float(START)

    def __call__(self) -> float:
        return self.now


class RememberingStore(DerivedStore):
    """Finds only what was inserted, as a real store does."""

    def find(self, scopes: Collection[str]) -> Mapping[str, WrappedKey]:
        known = set(self._ids.values())
        return super().find([scope for scope in scopes if scope in known])

    def insert(self, keys: Sequence[WrappedKey]) -> Mapping[str, WrappedKey]:
        return super().find([key.scope for key in keys])


@pytest.fixture(name="clock")
def _clock() -> Clock:
    return Clock()


@pytest.fixture(name="secrets")
def _secrets(clock: Clock) -> Secrets:
    return Secrets(Keys(RememberingStore(), KEK), clock)


def test_a_command_is_known_by_principal_and_key(secrets: Secrets) -> None:
    command = secrets.command_key("ann", "key-1", b"payload")
    assert command == secrets.command_key("ann", "key-1", b"payload")
    assert len(command.id) == 32
    for principal, key in (("bob", "key-1"), ("ann", "key-2"), ("annk", "ey-1"), ("", "annkey-1")):
        assert secrets.command_key(principal, key, b"payload").id != command.id


def test_a_fingerprint_tells_payloads_apart_and_nothing_else(secrets: Secrets) -> None:
    first = secrets.command_key("ann", "key-1", b"payload")
    other = secrets.command_key("ann", "key-1", b"another")
    elsewhere = secrets.command_key("ann", "key-2", b"payload")
    assert (other.id, other.fingerprints) != (first.id, first.fingerprints)
    assert other.id == first.id
    assert elsewhere.fingerprints != first.fingerprints


def test_a_fingerprint_begins_with_its_period(secrets: Secrets, clock: Clock) -> None:
    (only,) = secrets.command_key("ann", "key-1", b"payload").fingerprints
    assert only[:4] == (700).to_bytes(4, "big")
    assert len(only) == 36
    clock.now += PERIOD_SECONDS
    newest, older = secrets.command_key("ann", "key-1", b"payload").fingerprints
    assert newest[:4] == (701).to_bytes(4, "big")
    assert older == only


def test_a_period_nobody_used_has_no_key(secrets: Secrets, clock: Clock) -> None:
    secrets.command_key("ann", "key-1", b"payload")
    clock.now += 2 * PERIOD_SECONDS
    assert len(secrets.command_key("ann", "key-1", b"payload").fingerprints) == 1


@pytest.mark.parametrize(
    ("days", "destroyed"), [(29, 0), (30, 0), (59.9, 0), (60, 1), (90, 2), (400, 2)]
)
def test_a_fingerprint_key_is_destroyed_thirty_days_after_its_period(
    secrets: Secrets, clock: Clock, days: float, destroyed: int
) -> None:
    secrets.command_key("ann", "key-1", b"payload")
    clock.now += PERIOD_SECONDS
    secrets.command_key("ann", "key-1", b"payload")
    clock.now = START + days * DAY
    assert len(secrets.destroy_expired()) == destroyed
    assert secrets.destroy_expired() == []


def test_the_first_command_of_a_period_destroys_expired_keys(clock: Clock) -> None:
    keys = Keys(RememberingStore(), KEK)
    Secrets(keys, clock).command_key("ann", "key-1", b"payload")
    clock.now += 2 * PERIOD_SECONDS
    for secrets in (Secrets(keys, clock), Secrets(keys, clock)):
        secrets.command_key("ann", "key-2", b"payload")
        assert keys.secret_names("fingerprints/") == ["fingerprints/702"]


def test_logins_are_found_without_being_kept(secrets: Secrets) -> None:
    login = secrets.login("corporate", "ann@example.test")
    assert login == secrets.login("corporate", "ann@example.test")
    assert login != secrets.login("corporatea", "nn@example.test")
    assert login != secrets.digest("addresses", "corporate", "ann@example.test")
    assert b"ann" not in login
