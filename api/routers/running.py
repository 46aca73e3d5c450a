"""Running it: liveness, readiness, figures, the description of the API and of its problems."""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from fastapi import APIRouter
from starlette.responses import Response

from api import metrics as figures
from api.answers import dump, shown
from api.calls import Call
from api.pages import docs_page, problem_html
from api.problems import BY_NAME
from api.routes import route
from api.schemas.running import LedgerStatus
from domain.errors import NotFound, Unavailable
from infra import schemas
from projections import people, queue, status
from projections.consuming_meters import FILE as CONSUMERS
from projections.log_meters import FILE as INTEGRATOR
from projections.metrics import FILE as FOLLOWERS
from projections.publishing.meters import FILE as PUBLISHER
from projections.stamps import stamping_state
from projections.wait import wait_for
from projections.witnessing import cosigned

router = APIRouter(tags=["running"])

_PAGE_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'",
    "X-Content-Type-Options": "nosniff",
}


@route(router, "GET", "/healthz", public=True, answer=None)
async def healthz(call: Call) -> Response:  # noqa: ARG001 - the operation's form
    """Say that the process lives; it asks nothing of the database."""
    return shown({"alive": True})


@route(router, "GET", "/readyz", public=True, answer=None)
async def readyz(call: Call) -> Response:
    """Say whether requests can be answered: the store and the views are there."""
    services = call.services
    head = await services.log.head()
    async with services.reads.pool.connection() as connection:
        for name in (people.NAME, queue.NAME):
            if not await wait_for(connection, name, services.began, 0.0):
                raise Unavailable(f"{name} has not read up to position {services.began} yet")
    return shown({"ready": True, "position": head.position, "epoch": head.epoch})


@route(router, "GET", "/metrics", public=True, answer=None, media="text/plain")
async def metrics(call: Call) -> Response:
    """Read figures for operators in Prometheus form: of every process of the ledger."""
    services = call.services
    services.metrics.position.set(await services.live.head())
    services.metrics.witnessed(cosigned(services.settings.data))
    services.metrics.stamping(stamping_state(services.settings.data))
    with suppress(Unavailable):
        services.metrics.elsewhere(await status.elsewhere(services.reads.pool))
    page = services.metrics.page() + b"".join(_others(services.settings.data))
    return Response(page, media_type=figures.MEDIA_TYPE)


def _others(data: Path) -> Iterator[bytes]:
    """Yield what the other processes measured last, in files in the data directory."""
    for name in (FOLLOWERS, INTEGRATOR, PUBLISHER, CONSUMERS):
        with suppress(OSError):
            yield (data / name).read_bytes()


@route(router, "GET", "/v1/status", answer=LedgerStatus)
async def read_status(call: Call) -> Response:
    """Read what the ledger holds and how far its followers are."""
    return shown(await status.status(call.services.reads.pool, call.services.settings.data))


@route(router, "GET", "/openapi.json", public=True, answer=None)
async def openapi_json(call: Call) -> Response:
    """Read the OpenAPI 3.1 description of everything here."""
    return Response(dump(call.request.app.openapi()), media_type="application/json")


@route(router, "GET", "/asyncapi.json", public=True, answer=None)
async def asyncapi_json(call: Call) -> Response:  # noqa: ARG001 - the operation's form
    """Read the AsyncAPI 3.0 description of what goes to Kafka: every event type and version."""
    return Response(schemas.asyncapi_file(), media_type="application/json")


@route(router, "GET", "/schemas/events/{file}", public=True, answer=None)
async def event_schema(call: Call) -> Response:
    """Read the JSON Schema (2020-12) of an event type's version, or what all of them share."""
    schema = schemas.schema_file(call.request.path_params["file"])
    return Response(schema, media_type="application/json")


@route(router, "GET", "/docs", public=True, answer=None, media="text/html")
async def docs(call: Call) -> Response:
    """Read the description as a page; nothing is loaded from elsewhere."""
    page = docs_page(call.request.app.openapi())
    return Response(page, headers=_PAGE_HEADERS, media_type="text/html")


@route(router, "GET", "/problems/{name}", public=True, answer=None, media="text/html")
async def problem_page(call: Call) -> Response:
    """Read what a problem's type means and what to do about it."""
    problem = BY_NAME.get(call.request.path_params["name"])
    if problem is None:
        raise NotFound("no problem has this name")
    return Response(problem_html(problem), headers=_PAGE_HEADERS, media_type="text/html")
