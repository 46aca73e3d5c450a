"""A TCP proxy before PostgreSQL that can swallow answers and cut connections."""

import random
import socket
import threading
from contextlib import suppress
from typing import Self
from urllib.parse import urlsplit, urlunsplit

_CHUNK = 1 << 16


class Proxy:
    """Forwards to (host, port); `swallow_after` arms it.

    Once armed, the server's answers are dropped from the given number of client messages on, or
    from the next COMMIT on. `swallowed` is set with the first dropped answer.
    """

    def __init__(self, dsn: str) -> None:
        parts = urlsplit(dsn)
        assert parts.hostname
        assert parts.port
        self._server = (parts.hostname, parts.port)
        self._listener = socket.create_server(("127.0.0.1", 0))
        port = self._listener.getsockname()[1]
        user = parts.netloc.rpartition("@")[0]
        self.dsn = urlunsplit(parts._replace(netloc=f"{user}@127.0.0.1:{port}"))
        self._lock = threading.Lock()
        self._messages: int | None = None
        self._at_commit = False
        self._dropping = False
        self._holding = False
        self._pairs: list[tuple[socket.socket, socket.socket]] = []
        self.swallowed = threading.Event()
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.close()
        self.cut()

    def swallow_after(self, messages: int) -> None:
        with self._lock:
            self._messages = messages

    def swallow_commit(self) -> None:
        with self._lock:
            self._at_commit = True

    def hold_commit(self) -> None:
        """Keep the next COMMIT from the server; `swallowed` is set with it."""
        self.swallowed.clear()
        self._holding = True

    def swallow_by(self, chance: random.Random) -> None:
        """Swallow the answer of a commit, or of any message."""
        if chance.random() < 0.5:
            self.swallow_commit()
        else:
            self.swallow_after(chance.randrange(8))

    def heal(self) -> None:
        """Forward again, on new connections; those there are are cut."""
        with self._lock:
            self._messages, self._at_commit, self._dropping = None, False, False
            self._holding = False
        self.cut()

    def cut(self) -> None:
        for pair in self._pairs:
            for end in pair:
                with suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)
                end.close()
        self._pairs = []

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                try:
                    server = socket.create_connection(self._server)
                except OSError:
                    client.close()
                    continue
                for end in (client, server):
                    end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                self._pairs.append((client, server))
                threading.Thread(target=self._ask, args=(client, server), daemon=True).start()
                threading.Thread(target=self._tell, args=(server, client), daemon=True).start()

    def _ask(self, client: socket.socket, server: socket.socket) -> None:
        with suppress(OSError):
            while data := client.recv(_CHUNK):
                self._notice(data)
                if self._holding and b"COMMIT" in data:
                    self.swallowed.set()
                    continue
                server.sendall(data)
            server.shutdown(socket.SHUT_RDWR)

    def _tell(self, server: socket.socket, client: socket.socket) -> None:
        with suppress(OSError):
            while data := server.recv(_CHUNK):
                if self._dropping:
                    self.swallowed.set()
                    continue
                client.sendall(data)
            client.shutdown(socket.SHUT_RDWR)

    def _notice(self, data: bytes) -> None:
        with self._lock:
            if self._messages is not None:
                self._messages -= 1
                self._dropping = self._dropping or self._messages <= 0
            if self._at_commit and b"COMMIT" in data:
                self._dropping = True
