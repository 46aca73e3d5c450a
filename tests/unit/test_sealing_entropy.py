"""Random bytes are handed out once: a nonce used twice would open both texts."""

import os
import threading
from collections.abc import Iterator

from infra.entropy import BLOCK_BYTES, Entropy


def pieces(source: Entropy, size: int, times: int) -> Iterator[bytes]:
    """Yield what the source hands out."""
    return (source(size) for _ in range(times))


def test_random_bytes_have_the_size_that_was_asked_for() -> None:
    source = Entropy()
    sizes = [0, 1, 12, 44, BLOCK_BYTES - 1, BLOCK_BYTES, BLOCK_BYTES + 1, 5]
    assert [len(source(size)) for size in sizes] == sizes


def test_no_random_bytes_are_handed_out_twice_over_many_blocks() -> None:
    found = list(pieces(Entropy(), 12, 5 * BLOCK_BYTES // 12))
    assert len(set(found)) == len(found)


def test_a_thread_that_asks_meanwhile_gets_other_bytes() -> None:
    source, found = Entropy(), []
    source(12)
    other = threading.Thread(target=lambda: found.append(source(12)))

    class Interrupted(int):
        """A size in the middle of whose use another thread asks."""

        def __radd__(self, at: int) -> int:
            if other.ident is None:
                other.start()
                other.join(0.2)
            return at + int(self)

    mine = source(Interrupted(12))
    other.join()
    assert len(found[0]) == len(mine) == 12
    assert found[0] != mine


def test_a_forked_child_does_not_repeat_its_parents_random_bytes() -> None:
    source = Entropy()
    source(12)
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(writing, source(12))
        os._exit(0)
    os.waitpid(child, 0)
    assert os.read(reading, 12) != source(12)
