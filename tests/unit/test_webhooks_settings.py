"""Endpoints are settings: what does not fit is refused, and a secret is never shown."""

import base64
import json
from pathlib import Path

import pytest
from support.envelopes import fixed_codec

from consumers.registry import services
from consumers.service import Store
from domain.errors import Malformed
from infra.settings import SECRETS, read_settings

SECRET = "whsec_" + base64.b64encode(bytes(range(24))).decode()
AT = {"name": "crm", "url": "https://integrator.example/hooks", "secret": SECRET}


def test_endpoints_come_out_of_a_secret_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    several = AT | {"secret": f"{SECRET} {SECRET}", "types": ["TicketOpened"], "contracts": ["C"]}
    (tmp_path / "ledger_webhooks").write_text(json.dumps([several]))
    monkeypatch.setenv(SECRETS, str(tmp_path))
    (found,) = read_settings().webhooks
    assert found.keys == (bytes(range(24)),) * 2
    assert (found.types, found.contracts) == ({"TicketOpened"}, {"C"})
    assert SECRET not in repr(found)


@pytest.mark.parametrize("url", ["http://127.0.0.1:8080/x", "http://[::1]/x", "http://localhost/"])
def test_this_machine_may_be_told_without_tls(url: str) -> None:
    assert read_settings(webhooks=[AT | {"url": url}]).webhooks[0].url == url


@pytest.mark.parametrize(
    "wrong",
    [
        {"url": "http://integrator.example/"},
        {"url": "http://127.0.0.1.integrator.example/"},
        {"url": "https://name:password@integrator.example/"},
        {"url": "https://integrator.example/#part"},
        {"url": "https://integrator.example:70000/"},
        {"url": "ftp://127.0.0.1/"},
        {"secret": ""},
        {"secret": SECRET.removeprefix("whsec_")},
        {"secret": "whsec_c2hvcnQ="},
        {"secret": f"{SECRET} whsec_%%%"},
        {"types": []},
        {"types": ["NoSuchEvent"]},
        {"contracts": ["no number"]},
        {"name": "With Spaces"},
        {"more": 1},
    ],
)
def test_what_does_not_fit_is_refused_without_being_quoted(wrong: dict[str, object]) -> None:
    with pytest.raises(Malformed) as refused:
        read_settings(webhooks=[AT | wrong])
    assert refused.value.where.startswith("LEDGER_WEBHOOKS_0_")
    assert SECRET.removeprefix("whsec_") not in str(refused.value)


def test_two_endpoints_have_two_names() -> None:
    with pytest.raises(Malformed):
        read_settings(webhooks=[AT, AT])


def test_every_endpoint_has_a_worker_and_one_more_tidies() -> None:
    two = read_settings(webhooks=[AT, AT | {"name": "other"}])
    with fixed_codec("registry") as codec:
        found = {one.consumer.name: one for one in services(two, Store("", codec))}
    assert len(found["webhooks"].workers) == 3
