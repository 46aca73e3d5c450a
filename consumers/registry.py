"""Every consumer there is, and which of them this ledger is configured to run."""

from typing import Final

from consumers import projecting, signals
from consumers.notifications import service as notifications
from consumers.service import Offer, Service, Store
from consumers.webhooks import service as webhooks
from domain.errors import Malformed
from infra.settings import Settings

_OFFERS: Final[tuple[Offer, ...]] = (
    projecting.offer,
    notifications.offer,
    webhooks.offer,
    signals.offer,
)


def services(settings: Settings, store: Store) -> tuple[Service, ...]:
    """Return the consumers to run: all that are configured, or those that LEDGER_CONSUMERS names.

    Raises Malformed when it names one that is not there or not configured.
    """
    offered = [offer(settings, store) for offer in _OFFERS]
    found = {one.consumer.name: one for one in offered if one is not None}
    wanted = list(found) if settings.consumers is None else list(settings.consumers)
    for name in wanted:
        if name not in found:
            there = ", ".join(found) or "none"
            raise Malformed(f"no {name} is configured; configured: {there}", "LEDGER_CONSUMERS")
    return tuple(found[name] for name in wanted)
