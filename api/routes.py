"""From an operation and its function to a FastAPI route: admission, replay, problems, documents."""

from collections.abc import Awaitable, Callable
from typing import Any, Final

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from api.calls import Call
from api.documents import responses_of, route_document
from api.operations import Operation
from api.problems import problem_response
from api.services import Services
from api.writes import Replayed, answer
from domain.errors import LedgerError, Stale

OPERATIONS: Final[list[Operation]] = []
"""Every operation, in the order of registration."""

Function = Callable[[Call], Awaitable[Response]]
Endpoint = Callable[[Request], Awaitable[Response]]

FIXED: Final[dict[tuple[str, str], Endpoint]] = {}
"""The endpoints of paths without parameters, by method and path."""
_CHANGES: Final = 50


def route(router: APIRouter, method: str, path: str, **more: Any) -> Callable[[Function], Function]:
    """Register a function as an operation named like it; its docstring documents it."""

    def register(function: Function) -> Function:
        tag = str(router.tags[0])
        operation = Operation(function.__name__, method, path, tag, **more)
        OPERATIONS.append(operation)
        endpoint = _endpoint(operation, function)
        if "{" not in path:
            FIXED[method, path] = endpoint
        router.add_api_route(
            path.removesuffix("}") + ":path}" if operation.tail else path,
            endpoint,
            methods=[method],
            operation_id=operation.name,
            summary=(function.__doc__ or "").strip().split("\n")[0],
            description=function.__doc__,
            status_code=operation.status,
            responses=responses_of(operation),
            openapi_extra=route_document(operation),
            response_class=Response,
        )
        return function

    return register


def _endpoint(operation: Operation, function: Function) -> Endpoint:
    async def endpoint(request: Request) -> Response:
        services: Services = request.app.state.services
        request.scope["operation"] = operation.name
        call = Call(request, operation, services)
        try:
            if not operation.public:
                await call.admit()
            return await function(call)
        except Replayed as known:
            return await answer(call, known.accepted)
        except Stale as error:
            return problem_response(error, changes=await _changes(call, error))
        except LedgerError as error:
            return problem_response(error)

    return endpoint


async def _changes(call: Call, error: Stale) -> list[dict[str, Any]]:
    """Return who changed what since the version on which the asker decided."""
    stream = call.decided
    if stream is None:
        return []
    changes = []
    async for recorded in call.services.log.read(stream, after=error.expected):
        changes.append(
            {
                "version": recorded.version,
                "type": type(recorded.event).__name__,
                "actor": {"kind": recorded.actor.kind, "id": recorded.actor.id},
                "recorded_at": recorded.recorded_at,
                "event_id": recorded.id,
            }
        )
        if len(changes) == _CHANGES:
            break
    return changes
