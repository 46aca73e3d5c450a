"""The application: routers, problems for what no router answers, the OpenAPI document."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final

from fastapi import FastAPI, Request, Response
from fastapi.openapi.utils import get_openapi
from starlette.exceptions import HTTPException

from api.documents import component_schemas
from api.edge import Edge
from api.links import links_of
from api.problems import NoSuchMethod, NoSuchRoute, problem_response
from api.routers import (
    addresses,
    attachments,
    case_file,
    contracts,
    dispute_decisions,
    disputes,
    documents,
    erasures,
    exports,
    heads,
    identity_changes,
    identity_decisions,
    inbound,
    log,
    ownership,
    queue,
    recoveries,
    running,
    signals,
    staff,
    ticket_work,
    tickets,
    timestamps,
)
from api.routes import FIXED, OPERATIONS
from api.services import Services, open_services
from domain.errors import LedgerError, Malformed
from infra.settings import Settings

_TITLE: Final = "The ticket ledger"
_VERSION: Final = "1"
_DESCRIPTION: Final = (
    "Every action on every ticket, as an immutable event with server time, contract and address. "
    "Order of checks: 401; 403 or 404; 400 without an Idempotency-Key; replay of a known key; "
    "428; 422; 412; 409. Errors are RFC 9457 problem documents."
)
_NO_METHOD: Final = 405
_NO_ROUTE: Final = 404


def create_app(settings: Settings) -> Edge:
    """Return the application; it opens what it needs when it starts."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with open_services(settings) as services:
            app.state.services = services
            yield

    app = FastAPI(
        title=_TITLE,
        version=_VERSION,
        description=_DESCRIPTION,
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,
    )
    for module in (
        tickets,
        ticket_work,
        attachments,
        inbound,
        contracts,
        ownership,
        identity_changes,
        identity_decisions,
        recoveries,
        disputes,
        dispute_decisions,
        case_file,
        erasures,
        addresses,
        documents,
        exports,
        queue,
        signals,
        staff,
        log,
        heads,
        timestamps,
        running,
    ):
        app.include_router(module.router)
    app.add_exception_handler(HTTPException, _unrouted)
    app.openapi = lambda: _document(app)  # type: ignore[method-assign] # FastAPI's own way
    return Edge(app, app.state, FIXED)


def services_of(app: Edge) -> Services:
    """Return what a started application works with."""
    services: Services = app.state.services
    return services


async def _unrouted(_request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    cause: LedgerError = Malformed("the request cannot be read")
    if error.status_code == _NO_METHOD:
        cause = NoSuchMethod("the path does not know this method")
    elif error.status_code == _NO_ROUTE:
        cause = NoSuchRoute("the path names nothing: /openapi.json lists what there is")
    response = problem_response(cause)
    for name, value in (error.headers or {}).items():
        response.headers[name] = value
    return response


def _document(app: FastAPI) -> dict[str, Any]:
    if app.openapi_schema is None:
        document = get_openapi(
            title=app.title,
            version=app.version,
            openapi_version="3.1.0",
            description=app.description,
            routes=app.routes,
        )
        for operation in OPERATIONS:
            said = document["paths"][operation.path][operation.method.lower()]
            if links := links_of(operation, OPERATIONS):
                said["responses"][str(operation.status)]["links"] = links
        components = document.setdefault("components", {})
        components.setdefault("schemas", {}).update(component_schemas(OPERATIONS))
        components["securitySchemes"] = {
            "bearer": {
                "type": "http",
                "scheme": "bearer",
                "description": "An OIDC token, or an API key lk_ID_SECRET.",
            }
        }
        app.openapi_schema = document
    return app.openapi_schema
