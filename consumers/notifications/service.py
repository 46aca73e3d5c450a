"""The consumer of notifications with its worker, as the settings configure it."""

from consumers.notifications.outbox import Notifications
from consumers.notifications.post import Post
from consumers.notifications.worker import Worker
from consumers.service import Service, Store
from infra.settings import Settings


def offer(settings: Settings, store: Store) -> Service | None:
    """Return the service, None where no mail server is configured; raise Malformed."""
    post = Post.of(settings)
    if post is None:
        return None
    worker = Worker(store.dsn, post, store.codec.keys, settings.data)
    return Service(Notifications(), (worker,))
