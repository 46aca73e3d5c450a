"""The consumer `webhooks` and a worker for each endpoint, as the settings name them."""

from consumers.service import Service, Store
from consumers.webhooks.consumer import Webhooks
from consumers.webhooks.worker import Pace, Worker
from infra.settings import Settings


def offer(settings: Settings, store: Store) -> Service | None:
    """Return it with its workers; None where no endpoint is named."""
    if not settings.webhooks:
        return None
    pace = Pace(answer=settings.webhook_seconds, give_up=settings.webhook_give_up_seconds)
    workers = (Worker(store.dsn, endpoint, pace).run for endpoint in settings.webhooks)
    return Service(Webhooks(settings.webhooks), tuple(workers))
