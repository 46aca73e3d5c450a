"""The consumer `webhooks` and its workers, as the settings name the endpoints."""

from consumers.service import Service, Store
from consumers.webhooks import outbox
from consumers.webhooks.consumer import Webhooks
from consumers.webhooks.tidying import Tidying
from consumers.webhooks.worker import Pace, Worker
from infra.settings import Settings


def offer(settings: Settings, store: Store) -> Service | None:
    """Return it, a worker for each endpoint and one that tidies; None where none was ever named.

    Without endpoints it still reads on, so that one that is named later is told of nothing older.
    """
    endpoints = settings.webhooks
    if not endpoints and not outbox.was_run(store.dsn):
        return None
    pace = Pace(answer=settings.webhook_seconds, give_up=settings.webhook_give_up_seconds)
    workers = (Worker(store.dsn, endpoint, pace).run for endpoint in endpoints)
    tidying = Tidying(store.dsn, (endpoint.name for endpoint in endpoints))
    return Service(Webhooks(endpoints), (tidying.run, *workers))
