"""Where the parts of a running ledger find each other: URLs, variables, the listening socket."""

import os
import socket
from collections.abc import Mapping
from typing import Final

from domain.errors import Unavailable
from infra.postgres import Cluster, Role
from infra.settings import Settings

_BACKLOG: Final = 1024
_LOG_KEY: Final = "LEDGER_LOG_KEY"
_VARIABLES: Final = {
    Role.APP: "LEDGER_DATABASE_URL",
    Role.OWNER: "LEDGER_DATABASE_OWNER_URL",
    Role.FOLLOWER: "LEDGER_DATABASE_FOLLOWER_URL",
    Role.ERASER: "LEDGER_DATABASE_ERASER_URL",
    Role.CONSUMER: "LEDGER_DATABASE_CONSUMER_URL",
}


def urls(settings: Settings, cluster: Cluster | None, *, tcp: bool) -> dict[Role, str]:
    """Return the database's URL by role: the embedded one's, else those that the settings name."""
    if cluster is not None:
        return {role: cluster.dsn(role, tcp=tcp) for role in Role}
    given = {
        Role.APP: settings.database_url,
        Role.OWNER: settings.database_owner_url,
        Role.FOLLOWER: settings.database_follower_url,
        Role.ERASER: settings.database_eraser_url,
        Role.CONSUMER: settings.database_consumer_url,
    }
    return {role: url.get_secret_value() for role, url in given.items() if url is not None}


def variables(by_role: Mapping[Role, str]) -> dict[str, str]:
    """Return the variables that tell a part the URLs of what it works as.

    That is the app and the followers: no part but the eraser has a use for the others.
    """
    return {
        _VARIABLES[role]: by_role[role] for role in (Role.APP, Role.FOLLOWER) if role in by_role
    }


def erasing(by_role: Mapping[Role, str]) -> dict[str, str]:
    """Return the variable with the eraser's URL: for the followers, who carry out erasures."""
    return {_VARIABLES[role]: by_role[role] for role in (Role.ERASER,) if role in by_role}


def consuming(by_role: Mapping[Role, str]) -> dict[str, str]:
    """Return the variable with the consumers' URL: for them alone."""
    return {_VARIABLES[role]: by_role[role] for role in (Role.CONSUMER,) if role in by_role}


def unneeded() -> frozenset[str]:
    """Return the variables that no running part may inherit from whoever started the ledger."""
    return frozenset({*_VARIABLES.values(), _LOG_KEY})


def signing() -> dict[str, str]:
    """Return the variable with the log's signing key, if there is one: for the integrator alone."""
    return {name: value for name, value in os.environ.items() if name == _LOG_KEY}


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
