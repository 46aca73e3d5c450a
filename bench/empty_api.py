"""The reference of the POST bar: FastAPI with an empty handler, same authentication and body.

Run as a process of its own with the settings of a running ledger: `python -m bench.empty_api`;
prints the port on which it listens.
"""

import asyncio
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated

import uvicorn
from fastapi import Depends, FastAPI, Request
from pydantic import ConfigDict

from api.auth.principals import Principal
from api.edge import Edge
from api.schemas.tickets import OpenTicket
from api.serve import Server, listening
from api.services import open_services
from infra import logs
from infra.settings import read_settings


class Opening(OpenTicket):
    """The same body, as FastAPI reads it."""

    model_config = ConfigDict(extra="forbid", strict=False, frozen=True)


async def who(request: Request) -> Principal:
    """Return whose token it is."""
    token = request.headers.get("authorization", "").removeprefix("Bearer ")
    found: Principal = await request.app.state.services.principals.of(token)
    return found


def create_app() -> FastAPI:
    """Return the application with its one operation."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with open_services(read_settings()) as services:
            app.state.services = services
            yield

    app = FastAPI(lifespan=lifespan)

    @app.post("/v1/tickets", status_code=201)
    async def empty(body: Opening, principal: Annotated[Principal, Depends(who)]) -> dict[str, str]:
        return {"id": str(principal.id), "subject": body.subject}

    return app


def main() -> None:
    """Serve until told to stop."""
    settings = read_settings()
    logs.configure(settings.log_level)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: None)
    listener = listening(settings)
    app = create_app()
    config = uvicorn.Config(
        app, loop="uvloop", http="httptools", ws="none", access_log=False, log_config=None
    )
    server = Server(config, Edge(app, app.state))
    print(listener.getsockname()[1], flush=True)
    with asyncio.Runner(loop_factory=config.get_loop_factory()) as runner:
        runner.run(server.serve(sockets=[listener]))


if __name__ == "__main__":
    main()
