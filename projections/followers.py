"""Every projection that is followed."""

from infra.codec import Codec
from infra.networks import Labels
from infra.secrets import Secrets
from projections.addresses import AddressesWriter
from projections.documents import DocumentsWriter
from projections.people import PeopleWriter
from projections.projection import Followed
from projections.queue import QueueWriter


def followers(codec: Codec, secrets: Secrets, labels: Labels) -> tuple[Followed, ...]:
    """Return all projections, each to be followed by itself; `labels` names known networks."""
    return (
        QueueWriter().followed(),
        PeopleWriter(codec, secrets).followed(),
        DocumentsWriter(codec, secrets).followed(),
        AddressesWriter(codec, secrets, labels).followed(),
    )
