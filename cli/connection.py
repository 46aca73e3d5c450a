"""How a command finds the ledger it works on: a running one on this machine, or one far away.

`--data`, else LEDGER_DATA, else ./var names a data directory; what runs there left `ready.json`.
`--url` with `--token` names a ledger anywhere, over HTTP.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, BinaryIO, Final

from cyclopts import Parameter
from pydantic import SecretStr

from domain.errors import (
    InTheMaking,
    Malformed,
    NotAllowed,
    NotFound,
    Refused,
    Removed,
    Unauthenticated,
    Unavailable,
)
from infra.files import is_held
from infra.settings import Settings, read_settings

READY: Final = "ready.json"
_TIMEOUT: Final = 60.0
_BLOCK: Final = 1 << 18


@Parameter(name="*")
@dataclass(frozen=True, slots=True, kw_only=True)
class Where:
    """Which ledger: every command takes these."""

    data: Annotated[
        Path | None,
        Parameter(help="Data directory of a running ledger.", show_default=lambda _: "./var"),
    ] = None
    url: Annotated[str | None, Parameter(help="A ledger anywhere, by the URL of its API.")] = None
    token: Annotated[str | None, Parameter(help="Bearer token for --url.")] = None


@dataclass(frozen=True, slots=True)
class Ready:
    """What a running ledger says about itself in `ready.json`."""

    url: str
    data: str
    tokens: Mapping[str, str]
    customer_contract: str | None
    pids: Mapping[str, Any]
    dsn: Mapping[str, str]
    kafka: str | None = None
    log: Mapping[str, str] | None = None
    schema: int = field(default=1)


def data_directory(where: Where) -> Path:
    """Return the data directory that `where` means."""
    return where.data or read_settings().data


def find_ready(data: Path) -> Ready:
    """Return what the ledger running on `data` says about itself.

    Raises Unavailable when none runs there, or it is not ready yet.
    """
    if not is_held(data):
        raise Unavailable(f"no ledger runs on {data}: start one with `ledger up --data {data}`")
    try:
        return Ready(**json.loads((data / READY).read_text("utf-8")))
    except FileNotFoundError:
        raise Unavailable(f"the ledger on {data} is still starting: try again") from None
    except (ValueError, TypeError):
        raise Unavailable(f"{data / READY} belongs to another version of the ledger") from None


def settings_for(ready: Ready) -> Settings:
    """Return the settings that the processes of this running ledger work with."""
    urls = {
        "database_url": "app",
        "database_owner_url": "owner",
        "database_follower_url": "follower",
        "database_eraser_url": "eraser",
        "database_consumer_url": "consumer",
    }
    known = {name: SecretStr(ready.dsn[key]) for name, key in urls.items() if key in ready.dsn}
    return read_settings(data=Path(ready.data), **known)


def local_settings(where: Where) -> Settings:
    """Return the settings of the ledger that `where` means on this machine.

    Where LEDGER_DATABASE_URL names a database, nothing needs to run in the data directory.
    """
    if where.url:
        raise Malformed("this command works on the ledger's own machine: use --data", "--url")
    data = data_directory(where)
    settings = read_settings(data=data)
    return settings if settings.database_url else settings_for(find_ready(data))


@dataclass(frozen=True, slots=True)
class Remote:
    """A ledger spoken to over HTTP as somebody."""

    url: str
    token: str

    def get(self, path: str, **parameters: object) -> Any:
        """Return the JSON document at `path`; None among `parameters` are left out.

        Raises the error that the problem document stands for.
        """
        return self._ask(
            "GET", path, parameters={k: v for k, v in parameters.items() if v is not None}
        )

    def post(self, path: str, body: object, *, key: str, seconds: float = _TIMEOUT) -> Any:
        """Send `body` under the idempotency key `key` and return the answer.

        Raises the error that the problem document stands for, Unavailable after `seconds`.
        """
        headers = {"Idempotency-Key": key}
        return self._ask("POST", path, body=body, headers=headers, seconds=seconds)

    def download(self, path: str, file: BinaryIO) -> None:
        """Write what is at `path` to a file; raise the error that the problem document stands for.

        Raises Unavailable when it breaks off.
        """
        import httpx  # noqa: PLC0415 - as below

        headers, url = {"Authorization": f"Bearer {self.token}"}, self.url.rstrip("/") + path
        try:
            with httpx.stream("GET", url, headers=headers, timeout=_TIMEOUT) as answer:
                if answer.is_error:
                    raise _error(answer.status_code, answer.read())
                file.writelines(answer.iter_raw(_BLOCK))
        except httpx.HTTPError as error:
            raise Unavailable(f"{self.url} broke off: {type(error).__name__}") from None

    def _ask(
        self,
        method: str,
        path: str,
        *,
        parameters: Mapping[str, Any] | None = None,
        body: object = None,
        headers: Mapping[str, str] | None = None,
        seconds: float = _TIMEOUT,
    ) -> Any:
        import httpx  # noqa: PLC0415 - 80 ms, needed by commands that speak HTTP alone

        try:
            answer = httpx.request(
                method,
                self.url.rstrip("/") + path,
                params=parameters,
                json=body,
                headers={"Authorization": f"Bearer {self.token}", **(headers or {})},
                timeout=seconds,
            )
        except httpx.HTTPError as error:
            raise Unavailable(f"{self.url} does not answer: {type(error).__name__}") from None
        if answer.is_error:
            raise _error(answer.status_code, answer.content)
        return answer.json()


def remote(where: Where, role: str = "compliance") -> Remote:
    """Return the ledger that `where` means over HTTP, as `role` when it runs on this machine."""
    if where.url:
        if not where.token:
            raise Malformed("a ledger elsewhere needs a token", "--token")
        return Remote(where.url, where.token)
    ready = find_ready(data_directory(where))
    return Remote(ready.url, ready.tokens[role])


def _error(status: int, content: bytes) -> Exception:
    """Return the error for a problem document (RFC 9457, section 3)."""
    try:
        problem = dict(json.loads(content))
    except ValueError:
        problem = {}
    detail = str(problem.get("detail") or problem.get("title") or f"answered {status}")
    if status in _BY_STATUS:
        return _BY_STATUS[status](detail)
    if str(problem.get("type")).endswith(_IN_THE_MAKING):
        return InTheMaking(detail)
    if "rule" in problem:
        return Refused(str(problem["rule"]), detail)
    return Malformed(detail) if status < 500 else Unavailable(detail)  # noqa: PLR2004


_BY_STATUS: Final[dict[int, type[Exception]]] = {
    401: Unauthenticated,
    403: NotAllowed,
    404: NotFound,
    410: Removed,
}
_IN_THE_MAKING: Final = "/in-the-making"
