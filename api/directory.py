"""The directory of people, as the API asks it."""

from uuid import UUID

from infra.pool import Pool
from projections import people


class Directory:
    """Whom a credential names; raises Unavailable when the database cannot be read."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def find_login(self, digest: bytes) -> tuple[people.Entry, ...]:
        """Return whom a hashed login names."""
        async with self._pool.connection() as connection:
            return await people.find_login(connection, digest)

    async def find_key(self, key: UUID) -> UUID | None:
        """Return whose API key it is."""
        async with self._pool.connection() as connection:
            return await people.find_key(connection, key)
