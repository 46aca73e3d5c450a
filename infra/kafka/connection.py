"""How a Kafka cluster is reached, as the settings say: what every client of it is given."""

import ssl
from typing import Any, Final

from domain.errors import Malformed
from infra.settings import Settings

ANSWER_WITHIN: Final = 10.0
"""Seconds in which the cluster has to answer anything."""

WAITING: Final = {
    "proxy_url": "closing://",  # see `_Closing` of the client
    "request_timeout_ms": int(ANSWER_WITHIN * 1000),
    "reconnect_backoff_max_ms": 1_000,
}
WRITING: Final = {
    "acks": "all",
    "compression_type": "zstd",
    "batch_size": 262_144,
    # every write is flushed: until then batches fill, and the sender is not woken for each message
    "linger_ms": 100,
    "max_block_ms": int(ANSWER_WITHIN * 1000),
    "delivery_timeout_ms": 20_000,
    # with the default of 100 a small transaction takes that long: it is slept between its requests
    "retry_backoff_ms": 5,
    "allow_auto_create_topics": False,
    "metrics_enabled": False,
}
READING: Final = {
    "isolation_level": "read_committed",
    "enable_auto_commit": False,
    "auto_offset_reset": "earliest",
    "fetch_max_bytes": 8 * 2**20,
    "retry_backoff_ms": 50,
    "allow_auto_create_topics": False,
    "metrics_enabled": False,
}
IN_A_GROUP: Final = {
    "session_timeout_ms": 10_000,
    "heartbeat_interval_ms": 1_000,
    # how soon a topic that appears is subscribed to
    "metadata_max_age_ms": 2_000,
}
_PROTOCOLS: Final = {
    "plaintext": "PLAINTEXT",
    "tls": "SSL",
    "sasl_plaintext": "SASL_PLAINTEXT",
    "sasl_tls": "SASL_SSL",
}


def options(settings: Settings) -> dict[str, Any]:
    """Return where the cluster is, how talk with it is secured and who asks.

    Raises Malformed naming the setting that is missing or cannot be used.
    """
    if settings.kafka_bootstrap is None:
        raise Malformed("name a broker, HOST:PORT", "LEDGER_KAFKA_BOOTSTRAP")
    found: dict[str, Any] = {
        "bootstrap_servers": [part.strip() for part in settings.kafka_bootstrap.split(",")],
        "security_protocol": _PROTOCOLS[settings.kafka_security],
    }
    if settings.kafka_security.endswith("tls"):
        found["ssl_context"] = _trusting(settings)
    if settings.kafka_security.startswith("sasl"):
        found |= _known_as(settings)
    return found


def _trusting(settings: Settings) -> ssl.SSLContext:
    """Return what checks the broker's certificate and name, always."""
    try:
        return ssl.create_default_context(cafile=settings.kafka_ca)
    except (OSError, ssl.SSLError):
        raise Malformed("is no file of certificates (PEM)", "LEDGER_KAFKA_CA") from None


def _known_as(settings: Settings) -> dict[str, Any]:
    if settings.kafka_user is None:
        raise Malformed("name who asks, or choose no SASL", "LEDGER_KAFKA_USER")
    if settings.kafka_password is None:
        raise Malformed("is missing: SASL needs one", "LEDGER_KAFKA_PASSWORD")
    return {
        "sasl_mechanism": settings.kafka_sasl_mechanism,
        "sasl_plain_username": settings.kafka_user,
        "sasl_plain_password": settings.kafka_password.get_secret_value(),
    }
