"""The settings of Kafka, part of `infra.settings.Settings`."""

from pathlib import Path
from typing import Final, Literal

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings

TOPIC: Final = "ledger.events"
"""The topic of events where no other is chosen."""

_BESIDE: Final = ("published", "dlt")  # how topics end that are beside one of events


class KafkaSettings(BaseSettings):
    """What an operator can choose about the Kafka that events are copied to."""

    kafka_bootstrap: str | None = Field(
        None,
        pattern=r"^[^\s,:]+:\d+(,[^\s,:]+:\d+)*$",
        description="Brokers of Kafka, HOST:PORT and more of them behind commas. "
        "Default: none, consumers are then fed from the store.",
    )
    kafka_security: Literal["plaintext", "tls", "sasl_plaintext", "sasl_tls"] = Field(
        "plaintext",
        description="How talk with Kafka is secured: `plaintext`, `tls`, `sasl_plaintext` or "
        "`sasl_tls`; TLS checks certificate and name.",
    )
    kafka_ca: Path | None = Field(
        None,
        description="PEM file of the authorities that Kafka's certificate comes from. "
        "Default: those that the machine trusts.",
    )
    kafka_sasl_mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] = Field(
        "SCRAM-SHA-512",
        description="How the ledger says who it is to Kafka, with SASL: that, `SCRAM-SHA-256` or "
        "`PLAIN`.",
    )
    kafka_user: str | None = Field(None, description="Who the ledger is for Kafka, with SASL.")
    kafka_password: SecretStr | None = Field(
        None, description="The password of that user, with SASL."
    )
    kafka_topic: str = Field(
        TOPIC,
        pattern=r"^[a-z0-9][a-z0-9.-]{0,99}$",
        description="Topic of the events; one cluster can serve several ledgers by a topic each.",
    )
    kafka_partitions: int = Field(
        8,
        ge=1,
        le=1000,
        description="Partitions of a topic of events when it is made, and so how many consumers of "
        "a group can share it; later changes of this setting change no topic.",
    )
    kafka_replication: int = Field(
        1,
        ge=1,
        le=9,
        description="Copies of a topic when it is made; from three on, two must be "
        "written before anything counts as written.",
    )

    @field_validator("kafka_topic")
    @classmethod
    def _is_no_other_ledgers(cls, topic: str) -> str:
        _, dot, last = topic.rpartition(".")
        if dot and (last.isdigit() or last in _BESIDE):
            raise ValueError("may be another topic's next one, or beside it: end it otherwise")
        return topic
