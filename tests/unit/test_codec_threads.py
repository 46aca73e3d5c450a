"""One codec serves the event loop, the flusher and the followers at once."""

from threading import Barrier, Thread

from support.envelopes import AT, FULL, KEK, LEDGER, DerivedStore, example, request

from domain.ticket.events import TicketOpened
from infra.codec import Codec
from infra.keys import Keys

THREADS, EACH = 8, 150


def test_threads_that_share_keys_write_what_each_of_them_reads() -> None:
    codec = Codec(LEDGER, Keys(DerivedStore(), KEK))
    event = example(TicketOpened)
    start = Barrier(THREADS)
    seen: list[bytes] = []

    def work() -> None:
        start.wait()
        for _ in range(EACH):
            (draft,) = codec.prepare(request(event, FULL, "CN-1")).drafts
            envelope = codec.finish(draft, 1, 7, 7, None, 1, None, AT)
            recorded = codec.open(envelope, {row.field: row for row in draft.sealed})
            if recorded.event == event:
                seen.extend(row.nonce for row in draft.sealed)

    threads = [Thread(target=work) for _ in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    fields = 8  # seven texts and the address
    assert len(set(seen)) == len(seen) == THREADS * EACH * fields
