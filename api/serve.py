"""The API's process: serves until SIGTERM or SIGINT, then ends within a bounded time."""

import asyncio
import signal
import socket
from types import FrameType
from typing import Final

import uvicorn

from api.app import create_app, services_of
from api.edge import Edge
from api.protocol import BoundedProtocol
from infra import logs
from infra.development import issuers_of
from infra.garbage import leave_loaded
from infra.settings import Settings, read_settings

_BACKLOG: Final = 2048


class Server(uvicorn.Server):
    """Ends the live queue's streams and exports first: stopping waits for short requests alone."""

    def __init__(self, config: uvicorn.Config, edge: Edge) -> None:
        super().__init__(config)
        self._edge = edge

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Begin to stop."""
        if self.started:  # a stop during the start has no readers to end
            services = services_of(self._edge)
            services.live.stop_readers()
            services.exports.stop()
        super().handle_exit(sig, frame)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, then leave everything that was loaded out of garbage collection."""
        await super().startup(sockets)
        leave_loaded()


def main() -> None:
    """Serve the ledger that the settings name."""
    settings = read_settings()
    logs.configure(settings.log_level)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: None)  # uvicorn raises them again after a clean end
    serve(settings, listening(settings))


def listening(settings: Settings) -> socket.socket:
    """Return the listening socket: the inherited one, else one bound to `listen`."""
    if settings.listen_fd is not None:
        return socket.socket(fileno=settings.listen_fd)
    host, _, port = settings.listen.rpartition(":")
    return socket.create_server(
        (host.strip("[]"), int(port)),
        family=socket.AF_INET6 if ":" in host else socket.AF_INET,
        backlog=_BACKLOG,
    )


def serve(settings: Settings, listener: socket.socket) -> None:
    """Serve on a socket until told to stop."""
    host, port = listener.getsockname()[:2]
    bound = settings.model_copy(update={"listen": f"{host}:{port}"})
    issuers_of(bound)  # the development issuer is refused where others could reach it
    edge = create_app(bound)
    config = uvicorn.Config(
        edge,
        loop="uvloop",
        http=BoundedProtocol,
        ws="none",
        lifespan="on",
        proxy_headers=False,
        server_header=False,
        access_log=False,
        log_config=None,
        backlog=_BACKLOG,
        timeout_graceful_shutdown=settings.shutdown_seconds,
    )
    server = Server(config, edge)
    with asyncio.Runner(loop_factory=config.get_loop_factory()) as runner:
        runner.run(server.serve(sockets=[listener]))


if __name__ == "__main__":
    main()
