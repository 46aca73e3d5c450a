"""docker-compose.yml is what Docker reads, and gives to each service what it needs and no more."""

import json
import os
import re
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from support.checkout import ROOT
from support.compose import copied, document, services

from infra.settings import SECRETS, Settings

SCHEMA = json.loads((ROOT / "tests/fixtures/compose/compose-spec.json").read_text("utf-8"))
SERVICES = services()
OURS = [name for name, service in SERVICES.items() if service.ours]
SHOWN = {
    "postgres": {
        "postgres_password",
        "ledger_database_url",
        "ledger_database_owner_url",
        "ledger_database_follower_url",
        "ledger_database_eraser_url",
        "ledger_database_consumer_url",
    },
    "keys": {"keys_postgres_password", "ledger_keys_url"},
    "migrate": {"ledger_database_owner_url"},
    "api": {"ledger_database_url", "ledger_keys_url", "ledger_kek"},
    "followers": {
        "ledger_database_url",
        "ledger_database_follower_url",
        "ledger_database_eraser_url",
        "ledger_keys_url",
        "ledger_kek",
    },
    "integrator": {"ledger_database_follower_url", "ledger_log_key"},
    "publisher": {"ledger_database_follower_url"},
    "consumers": {"ledger_database_consumer_url", "ledger_keys_url", "ledger_kek"},
}


def wrong(content: Any) -> list[str]:
    return [error.message for error in jsonschema_rs.Draft7Validator(SCHEMA).iter_errors(content)]


def networks(name: str) -> set[str]:
    return set(SERVICES[name].stated["networks"])


def test_it_has_the_form_that_compose_reads() -> None:
    assert wrong(document()) == []


@pytest.mark.parametrize(
    "planted",
    [
        {"services": {"api": {"image": "x", "comand": ["y"]}}},
        {"services": {"api": {"image": "x", "depends_on": {"z": {"condition": "healthy"}}}}},
        {"volume": {}},
    ],
)
def test_what_compose_does_not_read_is_noticed(planted: dict[str, Any]) -> None:
    assert wrong(planted)


def test_it_has_every_part_of_a_ledger_in_production() -> None:
    parts = {"postgres", "keys", "migrate", "api", "followers", "integrator", "mail"}
    parts |= {"kafka-1", "kafka-2", "kafka-3", "publisher", "consumers"}
    assert set(SERVICES) == parts


@pytest.mark.parametrize("name", SERVICES)
def test_every_version_is_pinned(name: str) -> None:
    version = SERVICES[name].stated["image"].partition(":")[2]
    assert re.match(r"v?\d+\.\d+", version)


def test_the_image_has_the_version_of_the_ledger() -> None:
    stated = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]
    assert {SERVICES[name].stated["image"] for name in OURS} == {f"ticket-ledger:{stated}"}


@pytest.mark.parametrize("name", SERVICES)
def test_whatever_ends_is_started_again_and_whatever_stays_is_looked_at(name: str) -> None:
    stated = SERVICES[name].stated
    assert stated["restart"] == ("on-failure" if name == "migrate" else "unless-stopped")
    assert ("healthcheck" in stated) == (name != "migrate")


def test_the_api_and_the_caught_mail_are_reached_from_this_machine_and_nothing_else() -> None:
    published = {name: service.stated.get("ports", []) for name, service in SERVICES.items()}
    assert {name for name, ports in published.items() if ports} == {"api", "mail"}
    assert all(port.startswith("127.0.0.1:") for ports in published.values() for port in ports)


@pytest.mark.parametrize("name", SERVICES)
def test_each_sees_the_secrets_that_it_needs_and_no_others(name: str) -> None:
    assert set(SERVICES[name].secrets) == SHOWN.get(name, set())


@pytest.mark.parametrize("name", SERVICES)
def test_no_secret_stands_in_the_file(name: str) -> None:
    stated = SERVICES[name].stated
    told = json.dumps([stated.get("environment", {}), stated.get("command", [])])
    assert not re.search(r"://[^/\"]*:[^/\"]*@", told)
    assert not [one for one in stated.get("environment", {}) if re.search("PASSWORD$|KEY$", one)]


@pytest.mark.parametrize("name", OURS)
def test_a_process_of_ours_changes_nothing_but_its_data(name: str) -> None:
    stated = SERVICES[name].stated
    assert stated["read_only"]
    assert stated["cap_drop"] == ["ALL"]
    assert stated["security_opt"] == ["no-new-privileges:true"]
    assert "privileged" not in stated


@pytest.mark.parametrize("name", OURS)
def test_what_a_process_is_told_are_settings(name: str) -> None:
    told = set(SERVICES[name].stated["environment"])
    told |= {secret.upper() for secret in SERVICES[name].secrets}
    known = {f"LEDGER_{field.upper()}" for field in Settings.model_fields} | {SECRETS}
    assert told - known == set()


def test_everything_that_is_named_is_there_and_used() -> None:
    for kind in ("volumes", "networks", "secrets"):
        named = {
            one.partition(":")[0]
            for service in SERVICES.values()
            for one in service.stated.get(kind, [])
        }
        assert {one for one in named if not one.startswith(".")} == set(document()[kind])
        assert all((ROOT / one).exists() for one in named if one.startswith("."))


def test_databases_and_brokers_are_reached_by_those_who_use_them_alone() -> None:
    internal = {name for name, how in document()["networks"].items() if how}
    assert internal == {"database", "keys", "kafka", "mail"}
    assert {name for name in SERVICES if "kafka" in networks(name)} == {
        *("kafka-1", "kafka-2", "kafka-3", "publisher", "consumers")
    }
    for name in ("postgres", "keys", "kafka-1", "kafka-2", "kafka-3"):
        assert "outside" not in networks(name)


def test_whoever_has_the_url_of_a_database_can_reach_it(made: Path) -> None:
    for name in OURS:
        for secret in SERVICES[name].secrets:
            host = re.search(r"@(\w+):", (made / secret).read_text("utf-8"))
            assert host is None or networks(name) & networks(host[1]), (name, secret)


@pytest.fixture(name="made", scope="module")
def _made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("compose") / "secrets"
    make_secrets(place)
    return place


def make_secrets(place: Path) -> str:
    script = ["/bin/sh", str(ROOT / "deploy/make-secrets.sh"), str(place)]
    done = subprocess.run(
        script, check=True, capture_output=True, text=True, env={"PATH": os.defpath}
    )
    return done.stdout


def test_the_script_makes_every_secret_once(made: Path) -> None:
    files = {Path(secret["file"]) for secret in document()["secrets"].values()}
    assert {path.parent for path in files} == {Path("secrets")}
    assert {path.name for path in files} == {path.name for path in made.iterdir()}
    before = {path.name: path.read_text("utf-8") for path in made.iterdir()}
    assert len(set(before.values())) == len(before)
    (made / "ledger_kek").unlink()
    assert make_secrets(made) == f"made {made}/ledger_kek\n"
    after = {path.name: path.read_text("utf-8") for path in made.iterdir()}
    assert {name for name in after if after[name] != before[name]} == {"ledger_kek"}


def test_only_their_owner_comes_to_the_secrets_and_containers_can_read_them(made: Path) -> None:
    assert made.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in made.iterdir()} == {0o444}


def test_secrets_are_committed_by_nobody_and_copied_into_no_image() -> None:
    assert "secrets/" in (ROOT / ".gitignore").read_text("utf-8").splitlines()
    ignored = (ROOT / ".dockerignore").read_text("utf-8").splitlines()
    assert "*" in ignored
    assert {line[1:] for line in ignored if line.startswith("!")} == set(copied())


def test_the_image_has_every_package() -> None:
    found = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    packages = found["tool"]["setuptools"]["packages"]["find"]["include"]
    assert {package.rstrip("*") for package in packages} <= set(copied())
