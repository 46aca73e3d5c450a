"""How a process looks for garbage in cycles: rarely, for the ledger's work makes almost none.

Looking for it took a third of the flusher's time, a tenth of a rebuild's, and made the slowest
requests several times slower.
"""

import gc
from typing import Final

_THRESHOLDS: Final = (50_000, 20, 50)


def collect_rarely() -> None:
    """Let this process collect by larger thresholds from now on."""
    gc.set_threshold(*_THRESHOLDS)


def leave_loaded() -> None:
    """Do the same, and leave out of every collection what was loaded so far."""
    gc.collect()
    gc.freeze()
    collect_rarely()
