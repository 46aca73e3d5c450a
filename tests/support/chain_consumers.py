"""The consumers' process with one consumer more, whose effects can be counted.

`python -m support.chain_consumers`, settings as always; SIGUSR1 asks where its threads are.
"""

import faulthandler
import signal

from support.consuming import Effects

from consumers import registry, serve
from consumers.service import Service, Store
from infra.settings import Settings
from projections.process import run

EFFECTS = "effects"


def offer(_settings: Settings, _store: Store) -> Service:
    return Service(Effects(EFFECTS))


if __name__ == "__main__":
    faulthandler.register(signal.SIGUSR1)
    registry._OFFERS = (*registry._OFFERS, offer)  # noqa: SLF001 - a consumer of tests alone
    run(serve.serve)
