"""Every setting of the ledger: one field each, read from `LEDGER_` variables or secret files.

A secret can be given as a file named like its variable (`ledger_database_url`) in the directory
that LEDGER_SECRETS names, so that it appears in no environment and on no command line.
"""

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    ValidationInfo,
    field_validator,
)
from pydantic_settings import SettingsConfigDict, SettingsError

from domain.errors import Malformed
from domain.values import Purpose
from infra.consumer_settings import ConsumerSettings
from infra.kafka_settings import KafkaSettings
from infra.mail_settings import MailSettings
from infra.webhookat import WebhookSettings

PREFIX: Final = "LEDGER_"
SECRETS: Final = "LEDGER_SECRETS"
LONGEST: Final = 315_360_000
"""Seconds of the longest period that a setting takes, ten years."""


class Issuer(BaseModel):
    """Somebody whose OIDC tokens are believed; `name` is what events record of it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(pattern=r"^[A-Za-z0-9._-]{1,64}$")
    issuer: str
    audience: str = "ticket-ledger"
    jwks: str
    algorithms: tuple[str, ...] = ("Ed25519", "EdDSA", "ES256", "RS256", "PS256")


class WitnessAt(BaseModel):
    """A witness that cosigns checkpoints: its key as text, and where they are submitted."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    vkey: str
    url: str = Field(pattern=r"^https?://[^\s?#]+$")

    @field_validator("vkey")
    @classmethod
    def _is_of_a_witness(cls, vkey: str) -> str:
        from infra.cosignatures import witness_key  # noqa: PLC0415 - few have witnesses

        try:
            return witness_key(vkey).vkey
        except Malformed as error:
            raise ValueError(error.detail) from None


class StampAuthority(BaseModel):
    """Somebody who stamps checkpoints with the time (RFC 3161); `certificates` is a PEM file."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(pattern=r"^[A-Za-z0-9._-]{1,64}$")
    url: str = Field(pattern=r"^https?://[^\s/]+")
    certificates: Path


class Settings(ConsumerSettings, KafkaSettings, MailSettings, WebhookSettings):
    """What an operator can choose. Everything has a default that works on one machine."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="ignore", frozen=True)

    data: Path = Field(
        Path("var"), description="Directory of this ledger's files: keys, head file, `ready.json`."
    )
    state: Path = Field(
        Path("/var/lib/ticket-ledger"),
        description="Where root keeps the embedded PostgreSQL's binaries and cluster, because "
        "its unprivileged user may not reach the data directory. Not used by other users.",
    )
    postgres_user: str | None = Field(
        None,
        description="Account that runs the embedded PostgreSQL when the ledger is started by "
        "root. Default: the first of postgres, nobody and daemon that exists.",
    )
    kafka_jars: Path | None = Field(
        None,
        description="Where the jars of the embedded Kafka are kept, 45 MB fetched once. Default: "
        "`kafka` in LEDGER_STATE for root, `~/.cache/ticket-ledger/kafka` for other users.",
    )
    database_url: SecretStr | None = Field(
        None,
        description="PostgreSQL (15 or newer) of role ledger_app. Default: the embedded one.",
    )
    database_owner_url: SecretStr | None = Field(
        None, description="The same database as role ledger_owner, which migrates."
    )
    database_follower_url: SecretStr | None = Field(
        None, description="The same database as role ledger_follower, which writes projections."
    )
    database_eraser_url: SecretStr | None = Field(
        None, description="The same database as role ledger_eraser, which destroys sealed fields."
    )
    database_consumer_url: SecretStr | None = Field(
        None,
        description="The same database as role ledger_consumer, which keeps what consumers did.",
    )
    keys_url: SecretStr | None = Field(
        None,
        description="A separate PostgreSQL for the sealing keys. "
        "Default: the SQLite file `keys.sqlite` in the data directory.",
    )
    kek: SecretStr | None = Field(
        None,
        description="Key-encryption key, 32 bytes in base64; while it is rotated two, the new one "
        "first, a space between them. "
        "Default: the file `kek` in the data directory, made at first start.",
    )
    log_name: str | None = Field(
        None,
        pattern=r"^[A-Za-z0-9][A-Za-z0-9._/-]{0,179}$",
        description="Name of this ledger's log, best its public URL without the scheme, as in "
        "`HOST/log`; with the epoch behind it, it is the origin of checkpoints. "
        "Default: `ledger/` and the ledger's id.",
    )
    log_key: SecretStr | None = Field(
        None,
        description="Ed25519 key that signs checkpoints, 32 bytes in base64. "
        "Default: the file `log/signing-key` in the data directory, made at first start.",
    )
    checkpoint_milliseconds: int = Field(
        900,
        ge=10,
        le=60_000,
        description="How long after an append the checkpoint that covers it is signed.",
    )
    witnesses: tuple[WitnessAt, ...] = Field(
        (),
        description="Witnesses that cosign checkpoints, a JSON list of objects: `vkey`, `url` (the "
        "prefix of its C2SP tlog-witness `add-checkpoint`). Default: none.",
    )
    witness_quorum: int | None = Field(
        None,
        ge=1,
        description="How many of the witnesses must cosign. Default: more than half of them.",
    )
    witness_alarm_seconds: int = Field(
        60, ge=1, description="How long a quorum of witnesses may be missing before the alarm."
    )
    timestamp_authorities: tuple[StampAuthority, ...] = Field(
        (),
        description="Authorities that stamp checkpoints with the time (RFC 3161), asked in order "
        "until one answers well, a JSON list of objects: `name`, `url`, `certificates` (PEM file "
        "of its root and of what leads to it).",
    )
    timestamp_seconds: int = Field(
        3600, ge=1, description="How long after a time stamp the next one is asked for, at least."
    )
    timestamp_renewal_days: int = Field(
        90,
        ge=1,
        description="How long before the certificates behind a time stamp end it is renewed.",
    )
    limitation_days: dict[Purpose, Annotated[int, Field(ge=0, le=36_525)]] = Field(
        {
            Purpose.IDENTITY: 1095,
            Purpose.CORRESPONDENCE: 1095,
            Purpose.CLAIM: 3650,
            Purpose.CHECK: 3650,
            Purpose.ADDRESS: 365,
        },
        description="Days after a contract's end in which data is not erased, a JSON object by "
        "purpose; a purpose that is left out has none.",
    )
    identity_role_seconds: int = Field(
        2_592_000,
        ge=0,
        le=315_360_000,
        description="How long somebody must have had the role in which they approve a change of "
        "identity data (30 days).",
    )
    identity_waiting_seconds: int = Field(
        1_209_600,
        ge=0,
        le=31_536_000,
        description="How long an approved change of identity data can be contested before it is "
        "applied (14 days).",
    )
    identity_copies_seconds: int = Field(
        2_592_000,
        ge=0,
        le=315_360_000,
        description="How long after the decision copies of papers are kept (30 days).",
    )
    identity_code_seconds: int = Field(
        604_800,
        ge=1,
        le=31_536_000,
        description="How long a code for a person's own photo is good (7 days).",
    )
    signals_network_visits: int = Field(
        3,
        ge=1,
        description="How many visits show whether a holder comes back to the same networks; a "
        "visit is a ticket's day from a network.",
    )
    signals_address_contracts: int = Field(
        5, ge=2, description="From how many contracts, used from one address, on it is a signal."
    )
    signals_address_seconds: int = Field(
        2_592_000, ge=1, le=LONGEST, description="Within how long that is (30 days)."
    )
    signals_refused_claims: int = Field(
        2, ge=2, description="From how many refused claims to a contract on it is a signal."
    )
    signals_refused_seconds: int = Field(
        7_776_000, ge=1, le=LONGEST, description="Within how long that is (90 days)."
    )
    signals_reset_seconds: int = Field(
        1_209_600,
        ge=1,
        le=LONGEST,
        description="How long before the request of an identity change it is a signal that who can "
        "sign in was changed (14 days).",
    )
    signals_claimants: int = Field(
        3, ge=2, description="From how many claimants to a contract on it is a signal."
    )
    signals_claimants_seconds: int = Field(
        604_800, ge=1, le=LONGEST, description="Within how long that is (7 days)."
    )
    signals_opened_contracts: int = Field(
        3,
        ge=1,
        description="From how many contracts, opened by one member of the staff without a ticket "
        "or case near in time, on it is a signal.",
    )
    signals_opened_seconds: int = Field(
        2_592_000,
        ge=1,
        le=LONGEST,
        description="Within how long that is, and how near a ticket or case is (30 days).",
    )
    listen: str = Field("127.0.0.1:0", description="HOST:PORT of the API; port 0 takes a free one.")
    listen_fd: int | None = Field(
        None, description="A listening socket inherited from the supervisor, used before `listen`."
    )
    issuers: tuple[Issuer, ...] = Field(
        (),
        description="Issuers of OIDC tokens, a JSON list of objects: `name`, `issuer`, `audience`, "
        "`jwks` (URL or file), `algorithms`. Default: the development issuer, loopback only.",
    )
    proxy_header: Literal["none", "X-Forwarded-For", "Forwarded"] = Field(
        "none", description="The one header in which the trusted proxies name the client."
    )
    trusted_proxies: tuple[str, ...] = Field(
        (), description="JSON list of networks whose word in the proxy header is believed."
    )
    labelled_networks: tuple[Annotated[str, Field(max_length=120)], ...] = Field(
        (),
        max_length=1000,
        description="Networks that are known, such as those of offices, agencies and the portal, a "
        "JSON list of `CIDR=name`; of nested ones the inner counts.",
    )
    rate_per_second: int = Field(
        5000, ge=1, description="Requests a second that one principal may go on making."
    )
    rate_burst: int = Field(
        20000, ge=1, description="Requests that one principal may make at once after a pause."
    )
    body_bytes: int = Field(
        262_144, ge=1024, description="Largest JSON body that is read; a longer one is refused."
    )
    attachment_bytes: int = Field(
        26_214_400, ge=1024, description="Largest attachment that is accepted (25 MiB)."
    )
    export_at_once: int = Field(
        2, ge=1, le=64, description="Exports that the API makes at the same time; more are refused."
    )
    export_kept_seconds: int = Field(
        3600,
        ge=1,
        le=86_400,
        description="How long a finished export can be fetched, at most: an erasure ends it.",
    )
    read_wait_seconds: int = Field(
        5, ge=0, description="How long a read waits for the position that the client has seen."
    )
    shutdown_seconds: int = Field(
        5, ge=0, description="How long requests in flight may go on after a request to stop."
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        "info", description="Least severe message that is written to standard error."
    )

    @field_validator("witnesses")
    @classmethod
    def _are_different(cls, witnesses: tuple[WitnessAt, ...]) -> tuple[WitnessAt, ...]:
        if not witnesses:
            return witnesses
        names, _, keys = zip(*(one.vkey.split("+", 2) for one in witnesses), strict=True)
        if min(len(set(names)), len(set(keys))) < len(witnesses):
            raise ValueError("a witness stands there twice")
        return witnesses

    @field_validator("labelled_networks")
    @classmethod
    def _are_networks(cls, entries: tuple[str, ...]) -> tuple[str, ...]:
        from infra.networks import Labels  # noqa: PLC0415 - few label networks

        try:
            Labels(entries)
        except Malformed as error:
            raise ValueError(error.detail) from None
        return entries

    @field_validator("witness_quorum")
    @classmethod
    def _can_be_had(cls, quorum: int | None, info: ValidationInfo) -> int | None:
        if quorum is not None and quorum > len(info.data.get("witnesses", ())):
            raise ValueError("there are fewer witnesses than that")
        return quorum

    @property
    def quorum(self) -> int:
        """How many witnesses must cosign a checkpoint."""
        return self.witness_quorum or len(self.witnesses) // 2 + 1


def read_settings(**given: object) -> Settings:
    """Return the settings; `given` ones win over variables, those over secret files.

    Raises Malformed naming the setting; its value, which may be a secret, is never shown.
    """
    make: Callable[..., Settings] = Settings
    secrets = os.environ.get(SECRETS)
    if secrets is not None and not Path(secrets).is_dir():
        raise Malformed(f"{secrets} is no directory", SECRETS)
    try:
        return make(_secrets_dir=secrets, **given)
    except SettingsError as error:
        named = re.search(r'field "(\w+)"', str(error))
        name = PREFIX + (named[1].upper() if named else "")
        raise Malformed("is not the JSON that this setting takes", name) from None
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        name = PREFIX + "_".join(str(part) for part in first["loc"]).upper()
        raise Malformed(first["msg"], name) from None
