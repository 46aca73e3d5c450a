"""The services of docker-compose.yml as processes of this machine, without Docker.

Each gets the command, environment and secrets that stand there. Replaced are what only containers
have: host names, paths and users. Kafka is configured by the program that does so in its image.
"""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

import yaml
from support.checkout import ROOT

FILE: Final = ROOT / "docker-compose.yml"
SECRETS: Final = "/run/secrets"
_VARIABLE: Final = re.compile(r"\$\{(\w+):\?[^}]*\}")


@cache
def document() -> dict[str, Any]:
    """Return docker-compose.yml with its anchors resolved."""
    return dict(yaml.safe_load(FILE.read_text("utf-8")))


@dataclass(frozen=True)
class Service:
    """One service as it stands in the file."""

    name: str

    @property
    def stated(self) -> dict[str, Any]:
        return dict(document()["services"][self.name])

    @property
    def ours(self) -> bool:
        """Whether it is a process of the ledger."""
        return "build" in self.stated

    @property
    def secrets(self) -> list[str]:
        return list(self.stated.get("secrets", []))

    @property
    def after(self) -> dict[str, str]:
        """What it waits for: service and condition."""
        stated = self.stated.get("depends_on", {})
        return {name: how["condition"] for name, how in stated.items()}


def services() -> dict[str, Service]:
    """Return all services by name."""
    return {name: Service(name) for name in document()["services"]}


@dataclass(frozen=True)
class Translation:
    """What stands here for what only a container has.

    `addresses`: HOST:PORT there and here. `paths` likewise, `variables` what the file asks for.
    """

    addresses: Mapping[str, str]
    paths: Mapping[str, Path]
    variables: Mapping[str, str]

    def of(self, text: str) -> str:
        """Return the text as it is meant here."""
        text = _VARIABLE.sub(lambda found: self.variables[found[1]], text)
        for there, here in self.addresses.items():
            text = re.sub(rf"(?:(?<![\w.-])|(?=:)){re.escape(there)}(?!\d)", here, text)
        for there, place in self.paths.items():
            text = re.sub(rf"(?<![\w./-]){re.escape(there)}(?![\w.-])", str(place), text)
        return text


def show_secrets(service: Service, made: Path, to: Path, translation: Translation) -> None:
    """Lay the secrets that a service lists, and no others, where it looks for them."""
    to.mkdir(parents=True, exist_ok=True)
    for name in service.secrets:
        source = made / document()["secrets"][name]["file"].removeprefix("./secrets/")
        (to / name).write_text(translation.of(source.read_text("utf-8")), "utf-8")


def environment_of(service: Service, translation: Translation) -> dict[str, str]:
    """Return the variables of a service, as in its container those of nobody else."""
    programs = f"{Path(sys.executable).parent}:{os.defpath}"
    stated = service.stated.get("environment", {})
    return {
        "PATH": programs,
        "LC_ALL": "C.UTF-8",
        **{name: translation.of(str(value)) for name, value in stated.items()},
    }


def healthy(service: Service, environment: Mapping[str, str], translation: Translation) -> bool:
    """Run a service's health check; say whether it is content."""
    kind, *rest = service.stated["healthcheck"]["test"]
    command = ["/bin/sh", "-c", *rest] if kind == "CMD-SHELL" else rest
    done = subprocess.run(
        [translation.of(part) for part in command],
        env=dict(environment),
        capture_output=True,
        check=False,
        timeout=20,
    )
    return done.returncode == 0


def image(place: Path) -> Path:
    """Return a directory with what the image holds of the ledger: the files that it copies."""
    source = place / "source"
    source.mkdir()
    for name in copied():
        if (ROOT / name).is_dir():
            unneeded = shutil.ignore_patterns("__pycache__")
            shutil.copytree(ROOT / name, source / name, ignore=unneeded)
        else:
            shutil.copyfile(ROOT / name, source / name)
    return source


def copied() -> Sequence[str]:
    """Return what the Dockerfile copies out of the checkout."""
    lines = (ROOT / "Dockerfile").read_text("utf-8").splitlines()
    copies = [line.split()[1:-1] for line in lines if line.startswith("COPY ")]
    return [name for names in copies if not names[0].startswith("--from") for name in names]


def packages() -> set[str]:
    """Return the names of the ledger's packages."""
    return {name for name in copied() if (ROOT / name).is_dir()}
