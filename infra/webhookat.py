"""Where webhooks go: the endpoints of integrators as an operator names them, and their settings."""

import base64
import binascii
from ipaddress import ip_address
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator
from pydantic_settings import BaseSettings

SECRET_PREFIX: Final = "whsec_"  # noqa: S105 - what every secret begins with
_SECRET_BYTES: Final = range(24, 65)
_CODE: Final = r"^[A-Za-z0-9._-]{1,64}$"


class WebhookAt(BaseModel):
    """An endpoint of an integrator. `types` None: every event of a ticket; `contracts` None: all.

    `secret` is one Standard Webhooks secret; while it is rotated several, spaces between them.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(pattern=r"^[a-z][a-z0-9-]{0,39}$")
    url: str = Field(max_length=2000, pattern=r"^https?://[!-~]+$")
    secret: SecretStr
    types: frozenset[str] | None = Field(None, min_length=1)
    contracts: frozenset[Annotated[str, Field(pattern=_CODE)]] | None = Field(None, min_length=1)

    @property
    def keys(self) -> tuple[bytes, ...]:
        """Return the keys that its messages are signed with, 24 to 64 bytes each."""
        return keys_of(self.secret.get_secret_value())

    @field_validator("url")
    @classmethod
    def _is_private_on_its_way(cls, url: str) -> str:
        import httpx  # noqa: PLC0415 - few have webhooks

        try:
            parts = httpx.URL(url)
        except httpx.InvalidURL:
            raise ValueError("no URL") from None
        if parts.userinfo or parts.fragment or not parts.host:
            raise ValueError("give a URL without a name, a password or a fragment")
        if parts.port is not None and parts.port not in range(1, 65_536):
            raise ValueError("no such port")
        if parts.scheme != "https" and not _is_loopback(parts.host):
            raise ValueError("give https; http is for this machine alone")
        return url

    @field_validator("secret")
    @classmethod
    def _has_keys(cls, secret: SecretStr) -> SecretStr:
        keys_of(secret.get_secret_value())
        return secret

    @field_validator("types")
    @classmethod
    def _are_known(cls, types: frozenset[str] | None) -> frozenset[str] | None:
        from domain.catalogue import EVENT_TYPES  # noqa: PLC0415 - few have webhooks

        if types is not None and (unknown := types - EVENT_TYPES.keys()):
            raise ValueError(f"no event type: {min(unknown)[:64]}")
        return types


class WebhookSettings(BaseSettings):
    """What an operator can choose of webhooks."""

    webhooks: tuple[WebhookAt, ...] = Field(
        (),
        description="Endpoints of integrators, a JSON list of objects: `name`, `url`, `secret` "
        "(`whsec_` and base64; during a rotation two, a space between them), `types` (event types; "
        "default: those of tickets), `contracts` (default: all).",
    )
    webhook_seconds: int = Field(
        10, ge=1, le=60, description="How long an endpoint may take to answer."
    )
    webhook_give_up_seconds: int = Field(
        259_200,
        ge=1,
        le=31_536_000,
        description="How long a webhook is tried before it, and what follows in its ticket, waits "
        "for `ledger redrive webhooks` (3 days).",
    )

    @field_validator("webhooks")
    @classmethod
    def _have_names_of_their_own(cls, webhooks: tuple[WebhookAt, ...]) -> tuple[WebhookAt, ...]:
        if len({one.name for one in webhooks}) < len(webhooks):
            raise ValueError("two webhooks have one name")
        return webhooks


def keys_of(secret: str) -> tuple[bytes, ...]:
    """Return the keys in `whsec_...` secrets; raise ValueError, which does not quote them."""
    keys = []
    for one in secret.split():
        encoded = one.removeprefix(SECRET_PREFIX)
        try:
            key = base64.b64decode(encoded + "=" * (-len(encoded) % 4), validate=True)
        except (binascii.Error, ValueError):
            key = b""
        if encoded == one or len(key) not in _SECRET_BYTES:
            raise ValueError(f"{SECRET_PREFIX} and 24 to 64 bytes in base64 are wanted")
        keys.append(key)
    if not keys:
        raise ValueError("a secret is wanted")
    return tuple(keys)


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
