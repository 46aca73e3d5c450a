"""Everything that answering a request needs, opened once for the process."""

from collections import OrderedDict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Final

from api.addresses import AddressPolicy, ProxyHeader
from api.auth.limits import Limits
from api.auth.principals import Confirmed, Principals
from api.auth.tokens import Tokens
from api.directory import Directory
from api.exporting import Exports
from api.live import Live
from api.metrics import Metrics
from domain.handling import Handler
from domain.mail.sorting import Ours
from domain.stream import Stream
from infra.development import issuers_of
from infra.keys.opening import open_keys
from infra.logkeys import LogKeys
from infra.mail.incoming.marks import Marks
from infra.mail.incoming.ours import ours_of
from infra.secrets import Secrets
from infra.settings import Settings
from infra.store import PostgresLog, open_log
from projections.log import PublishedLog
from projections.opening import Reads

_CONTRACTS: Final = 50_000


@dataclass(slots=True)
class Services:
    """What the routers use; `began` is the ledger's position when this process started."""

    settings: Settings
    log: PostgresLog
    handler: Handler
    secrets: Secrets
    confirmed: Confirmed
    directory: Directory
    principals: Principals
    limits: Limits
    addresses: AddressPolicy
    reads: Reads
    live: Live
    metrics: Metrics
    began: int
    published: PublishedLog
    log_keys: LogKeys
    exports: Exports
    marks: Marks
    ours: Ours
    _contracts: OrderedDict[str, Stream] = field(default_factory=OrderedDict)

    async def contract_stream(self, number: str) -> Stream | None:
        """Return the contract's stream; which one it is never changes."""
        known = self._contracts.get(number)
        if known is None:
            known = await self.log.contract_stream(number)
            if known is not None:
                self._contracts[number] = known
                if len(self._contracts) > _CONTRACTS:
                    self._contracts.popitem(last=False)
        return known


@asynccontextmanager
async def open_services(settings: Settings) -> AsyncIterator[Services]:
    """Open the log, the keys and the directory; close them when the block ends.

    Raises Unavailable when the database or the key store cannot be reached.
    """
    issuers = issuers_of(settings)
    keys = open_keys(settings)
    if settings.database_url is None:
        raise TypeError("the API needs LEDGER_DATABASE_URL: the supervisor gives it")
    dsn = settings.database_url.get_secret_value()
    async with open_log(dsn, settings.data, keys) as log:
        handler = Handler(log)
        secrets = Secrets(keys)
        confirmed = Confirmed(handler.states)
        directory = Directory(log.reader.pool)
        began = (await log.head()).position
        live = Live(log.reader, forget=keys.forget)
        live.start()
        exports = Exports(settings)
        exports.start()
        try:
            yield Services(
                settings=settings,
                log=log,
                handler=handler,
                secrets=secrets,
                confirmed=confirmed,
                directory=directory,
                principals=Principals(Tokens(issuers), directory, confirmed, secrets),
                limits=Limits(settings.rate_per_second, settings.rate_burst),
                addresses=AddressPolicy(
                    ProxyHeader(settings.proxy_header), settings.trusted_proxies
                ),
                reads=Reads(log.reader.pool, log.codec.sealer),
                live=live,
                metrics=Metrics(),
                began=began,
                published=PublishedLog(settings.data),
                log_keys=LogKeys.of(settings),
                exports=exports,
                marks=Marks(keys),
                ours=ours_of(settings),
            )
        finally:
            await exports.close()
            await live.close()
    keys.close()
