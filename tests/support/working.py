"""Threads that work beside a test until it has seen enough."""

import threading
from typing import ClassVar, Self


class Working:
    """Threads that do their work until the block ends, each told its number from 0."""

    THREADS: ClassVar[int] = 1
    ending: threading.Event

    def work(self, number: int) -> None:
        """Work until `ending` is set."""
        raise AssertionError(f"thread {number} has nothing to do")

    def __enter__(self) -> Self:
        self.ending = threading.Event()
        self._threads = [
            threading.Thread(target=self.work, args=[number]) for number in range(self.THREADS)
        ]
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.ending.set()
        for thread in self._threads:
            thread.join()
