"""The address recorded for a request, over a real socket, whatever proxies and clients send."""

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import httpx
import pytest
from support import databases
from support.serving import answering, following, seeded_in, wait_until

from infra.postgres import Cluster


@pytest.fixture(scope="module")
def behind(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """A ledger whose API is started anew for each way of believing proxies."""
    keys = tmp_path_factory.mktemp("connection-keys")
    with databases.fresh(cluster) as database:
        plain = database.settings(keys)
        seeded = seeded_in(plain)
        with following(plain):
            yield {"settings": plain, "seeded": seeded}


def _asked(
    behind: dict[str, Any], header: str, trusted: tuple[str, ...], headers: dict[str, str]
) -> dict[str, Any]:
    """Open a ticket with these headers and return the address that was recorded."""
    settings = behind["settings"].model_copy(
        update={"proxy_header": header, "trusted_proxies": trusted}
    )
    tokens = behind["seeded"]["tokens"]
    body = {"channel": "portal", "language": "en", "subject": "s", "text": "t"}
    with answering(settings) as (url, _, _):
        wait_until(lambda: httpx.get(f"{url}/readyz").status_code == 200)
        customer = {"Authorization": f"Bearer {tokens['customer']}", **headers}
        said = {**customer, "Idempotency-Key": str(uuid4())}
        opened = httpx.post(f"{url}/v1/tickets", json=body, headers=said)
        assert opened.status_code == 201, opened.text
        agent = {"Authorization": f"Bearer {tokens['agent']}"}
        path = f"{url}/v1/tickets/{opened.json()['id']}/timeline"
        return dict(httpx.get(path, headers=agent).json()["items"][0]["address"])


@pytest.mark.parametrize(
    ("header", "trusted", "sent", "address", "source"),
    [
        ("none", ("127.0.0.0/8",), {"X-Forwarded-For": "6.6.6.6"}, "127.0.0.1", "peer"),
        ("X-Forwarded-For", (), {"X-Forwarded-For": "6.6.6.6"}, "127.0.0.1", "peer"),
        (
            "X-Forwarded-For",
            ("127.0.0.0/8", "10.0.0.0/8"),
            {"X-Forwarded-For": "6.6.6.6, 198.51.100.7, 10.0.0.9", "Forwarded": "for=6.6.6.6"},
            "198.51.100.7",
            "x-forwarded-for",
        ),
        (
            "Forwarded",
            ("127.0.0.0/8",),
            {"Forwarded": 'for=6.6.6.6, for="[2001:db8::7]:4711"', "X-Forwarded-For": "6.6.6.6"},
            "2001:db8::7",
            "forwarded",
        ),
        ("X-Forwarded-For", ("127.0.0.0/8",), {"X-Forwarded-For": "a; b"}, None, "undetermined"),
        ("X-Forwarded-For", ("127.0.0.0/8",), {"X-Real-IP": "6.6.6.6"}, "127.0.0.1", "peer"),
        (
            "X-Forwarded-For",
            ("127.0.0.0/8",),
            {"X-Forwarded-For": "::ffff:198.51.100.7"},
            "198.51.100.7",
            "x-forwarded-for",
        ),
    ],
)
def test_a_client_cannot_choose_the_address_recorded_for_it(
    behind: dict[str, Any],
    header: str,
    trusted: tuple[str, ...],
    sent: dict[str, str],
    address: str | None,
    source: str,
) -> None:
    found = _asked(behind, header, trusted, sent)
    assert (found["address"], found["source"]) == (address, source)
    assert found["peer"] == "127.0.0.1"
    assert found["policy"].startswith("1-")
