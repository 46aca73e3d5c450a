"""Where the parts of a running ledger find each other: URLs, variables, the listening socket."""

import os
import socket
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from domain.errors import Unavailable
from infra.kafka import Broker
from infra.postgres import Cluster, Role
from infra.settings import Settings

_BACKLOG: Final = 1024
_LOG_KEY: Final = "LEDGER_LOG_KEY"
_KAFKA: Final = "LEDGER_KAFKA_"
_CONSUMING: Final = ("LEDGER_SMTP_URL", "LEDGER_WEBHOOKS", "LEDGER_CONSUMER_DATABASE_URL")
_VARIABLES: Final = {
    Role.APP: "LEDGER_DATABASE_URL",
    Role.OWNER: "LEDGER_DATABASE_OWNER_URL",
    Role.FOLLOWER: "LEDGER_DATABASE_FOLLOWER_URL",
    Role.ERASER: "LEDGER_DATABASE_ERASER_URL",
    Role.CONSUMER: "LEDGER_DATABASE_CONSUMER_URL",
}


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What surrounds the parts of one ledger; `cluster` and `broker` are the embedded ones."""

    data: Path
    settings: Settings
    cluster: Cluster | None
    broker: Broker | None

    def urls(self, *, tcp: bool = False) -> dict[Role, str]:
        """Return the database's URL by role: the embedded one's, else those of the settings."""
        if self.cluster is not None:
            return {role: self.cluster.dsn(role, tcp=tcp) for role in Role}
        given = {
            Role.APP: self.settings.database_url,
            Role.OWNER: self.settings.database_owner_url,
            Role.FOLLOWER: self.settings.database_follower_url,
            Role.ERASER: self.settings.database_eraser_url,
            Role.CONSUMER: self.settings.database_consumer_url,
        }
        return {role: url.get_secret_value() for role, url in given.items() if url is not None}

    @property
    def bootstrap(self) -> str | None:
        """Where Kafka is, None where there is none."""
        return self.settings.kafka_bootstrap if self.broker is None else self.broker.bootstrap

    def variables(self, *roles: Role) -> dict[str, str]:
        """Return the variables of a part that works in the database as these roles.

        No part inherits what it has no use for: other roles' URLs, the log's signing key, Kafka,
        passwords of those to whom consumers send.
        """
        kept = {name: value for name, value in os.environ.items() if not _is_for_few(name)}
        own = {"LEDGER_DATA": str(self.data), "LEDGER_LISTEN": self.settings.listen}
        urls = self.urls()
        return kept | own | {_VARIABLES[role]: urls[role] for role in roles if role in urls}

    def kafka(self) -> dict[str, str]:
        """Return the variables with Kafka: for the publisher and the consumers."""
        given = {name: value for name, value in os.environ.items() if name.startswith(_KAFKA)}
        return given if self.broker is None else given | self._embedded_kafka(self.broker)

    def consuming(self) -> dict[str, str]:
        """Return the variables with what consumers send to: for them alone."""
        return {name: value for name, value in os.environ.items() if name in _CONSUMING}

    def _embedded_kafka(self, broker: Broker) -> dict[str, str]:
        own = {"BOOTSTRAP": broker.bootstrap, "SECURITY": "plaintext", "REPLICATION": "1"}
        return {f"{_KAFKA}{name}": value for name, value in own.items()}

    def signing(self) -> dict[str, str]:
        """Return the variable with the log's signing key, if there is one: for the integrator."""
        return {name: value for name, value in os.environ.items() if name == _LOG_KEY}


def _is_for_few(name: str) -> bool:
    few = (*_VARIABLES.values(), *_CONSUMING, _LOG_KEY)
    return name in few or name.startswith(_KAFKA)


def listen(address: str) -> socket.socket:
    """Return a socket on HOST:PORT, made here so that an API that is replaced loses no caller.

    Raises Unavailable when the address is taken or not ours.
    """
    host, _, port = address.rpartition(":")
    host = host.strip("[]")
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        return socket.create_server((host, int(port)), family=family, backlog=_BACKLOG)
    except OSError as error:
        raise Unavailable(f"cannot listen on {address}: {error.strerror}") from None


def url_of(listening: socket.socket) -> str:
    """Return the URL under which the socket is reached."""
    host, port = listening.getsockname()[:2]
    return f"http://{f'[{host}]' if ':' in host else host}:{port}"
