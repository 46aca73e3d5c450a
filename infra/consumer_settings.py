"""The settings of consumers, part of `infra.settings.Settings`."""

from typing import Annotated

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings


class ConsumerSettings(BaseSettings):
    """What an operator can choose about what happens elsewhere because of an event."""

    consumer_database_url: SecretStr | None = Field(
        None,
        description="Another database, migrated, as role ledger_owner, in which the consumer group "
        "`queue-copy` keeps a copy of the queue. Default: none is kept.",
    )
    consumers: tuple[str, ...] | None = Field(
        None,
        description="Consumers that this machine runs, a JSON list of names. "
        "Default: all that are configured.",
    )
    consumer_begins: dict[str, Annotated[int, Field(ge=0)]] = Field(
        {},
        description="Position behind which a consumer starts that was never run, a JSON object by "
        "name; 0 is the beginning of the ledger. Default: at its head, so that what happened "
        "before has no effect now; `signals` and `queue-copy` at the beginning.",
    )
