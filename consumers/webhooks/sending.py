"""Sends one message to one endpoint over HTTP, within a set time whatever the endpoint does."""

import asyncio
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Final, Self

import httpx

_LONGEST_ANSWER: Final = 65_536
_LOOK: Final = 0.1
_ACCEPTED: Final = range(200, 300)
_GONE: Final = 410


@dataclass(frozen=True, slots=True)
class Answer:
    """What an endpoint made of a message; `reason` says in our own words why it is not accepted."""

    accepted: bool
    gone: bool = False
    reason: str = ""


class Sender:
    """Sends to one URL from one thread, over a connection that is kept while it works."""

    def __init__(self, url: str, seconds: float) -> None:
        self._url = url
        self._seconds = seconds
        self._runner = asyncio.Runner()
        self._http = httpx.AsyncClient(timeout=seconds, follow_redirects=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._runner.run(self._http.aclose())
        self._runner.close()

    def send(self, headers: Mapping[str, str], body: bytes, stop: threading.Event) -> Answer | None:
        """Send a message; None when `stop` was set before there was an answer."""
        return self._runner.run(self._unless(stop, headers, body))

    async def _unless(
        self, stop: threading.Event, headers: Mapping[str, str], body: bytes
    ) -> Answer | None:
        sending = asyncio.ensure_future(self._answer(headers, body))
        while not (await asyncio.wait({sending}, timeout=_LOOK))[0]:
            if stop.is_set():
                sending.cancel()
                await asyncio.wait({sending})
                return None
        return sending.result()

    async def _answer(self, headers: Mapping[str, str], body: bytes) -> Answer:
        try:
            async with asyncio.timeout(self._seconds):
                status = await self._post(headers, body)
        except (TimeoutError, httpx.TimeoutException):
            return Answer(accepted=False, reason=f"no answer within {self._seconds:g} s")
        except (httpx.HTTPError, OSError) as error:
            return Answer(accepted=False, reason=f"no answer ({type(error).__name__})")
        if status in _ACCEPTED:
            return Answer(accepted=True)
        return Answer(accepted=False, gone=status == _GONE, reason=f"status {status}")

    async def _post(self, headers: Mapping[str, str], body: bytes) -> int:
        """Return the status; an answer's body is read so that the connection can be kept."""
        held = 0
        async with self._http.stream(
            "POST", self._url, content=body, headers=dict(headers)
        ) as answer:
            async for piece in answer.aiter_raw():
                held += len(piece)
                if held > _LONGEST_ANSWER:
                    break
            return answer.status_code
