"""The outermost layer, plain ASGI: figures, logs without personal data, faults as problems."""

import time
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any, Final

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from api.problems import Broken, problem_response
from infra.logs import logger

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]
Fixed = Mapping[tuple[str, str], Callable[[Request], Awaitable[Response]]]

_log: Final = logger("api")
_FAULT: Final = 500


class Edge:
    """Wraps the application; `state` is the application's, which holds the services.

    Paths without parameters are looked up in `fixed` rather than matched one route after the
    other: a fifth of what opening a ticket costs was FastAPI finding its way to it.
    """

    def __init__(self, app: App, state: Any, fixed: Fixed | None = None) -> None:
        self._app = app
        self._fixed = fixed or {}
        self._log = _log.bind()
        self.state = state

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection's request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begun = time.perf_counter()
        status = 0

        async def sending(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._route(scope, receive, sending)
        except ClientDisconnect:
            status = status or 499
        except Exception:  # noqa: BLE001 - whatever it is, the client gets a problem document
            self._log.exception("fault", operation=scope.get("operation", "unknown"))
            if not status:
                await problem_response(Broken())(scope, receive, sending)
        self._note(scope, status, time.perf_counter() - begun)

    async def _route(self, scope: Scope, receive: Receive, send: Send) -> None:
        endpoint = self._fixed.get((scope["method"], scope["path"]))
        if endpoint is None:
            await self._app(scope, receive, send)
            return
        scope["app"] = self._app
        response = await endpoint(Request(scope, receive))
        await response(scope, receive, send)

    def _note(self, scope: Scope, status: int, seconds: float) -> None:
        operation = scope.get("operation", "unknown")
        self.state.services.metrics.answered(operation, status, seconds)
        say = self._log.debug if status < _FAULT else self._log.warning
        say("answered", operation=operation, status=status, ms=round(seconds * 1000, 2))
