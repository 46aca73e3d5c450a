"""Every projection that is followed."""

from infra.codec import Codec
from infra.secrets import Secrets
from projections.documents import DocumentsWriter
from projections.people import PeopleWriter
from projections.projection import Followed
from projections.queue import QueueWriter


def followers(codec: Codec, secrets: Secrets) -> tuple[Followed, ...]:
    """Return all projections, each to be followed by itself."""
    return (
        QueueWriter().followed(),
        PeopleWriter(codec, secrets).followed(),
        DocumentsWriter(codec, secrets).followed(),
    )
