"""A ledger that answers over HTTP, shared by the tests of one pytest process."""

from collections.abc import Iterator

import pytest
from support import databases
from support.serving import Served, serving

from infra.postgres import Cluster


@pytest.fixture(scope="session")
def served(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """API and followers with somebody in every role: make contracts and tickets of your own."""
    keys = tmp_path_factory.mktemp("served-keys")
    with databases.fresh(cluster) as database:
        settings = database.settings(keys, identity_role_seconds=0, identity_waiting_seconds=0)
        with serving(settings) as running:
            yield running
