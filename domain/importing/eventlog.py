"""Any event log: one row for every activity of a case, columns by name."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from domain.errors import Malformed
from domain.importing.rows import Opening, Record, Update, as_code, news, told
from domain.importing.times import moment
from domain.ticket.events import Status


@dataclass(frozen=True, slots=True)
class EventLog:
    """Reads rows whose columns are named by the caller.

    `statuses` says which activity moves a case where; any other activity is recorded as it is.
    `time_format` is a strptime format, None for ISO 8601; times are local to `zone`.
    """

    case_column: str
    activity_column: str
    time_column: str
    zone: ZoneInfo
    now: datetime
    actor_column: str | None = None
    contract_column: str | None = None
    time_format: str | None = None
    statuses: Mapping[str, Status] = field(default_factory=dict)
    source: str = "csv"

    @property
    def columns(self) -> tuple[str, ...]:
        """Return the columns that a file must have."""
        named = (
            self.case_column,
            self.activity_column,
            self.time_column,
            self.actor_column,
            self.contract_column,
        )
        return tuple(column for column in named if column is not None)

    def update(self, record: Record, ordinal: int, before: Update | None) -> Update:
        """Return what a row says. Raises Malformed with the column."""
        cells = record.cells
        activity = told(cells, self.activity_column)
        if activity is None:
            raise Malformed(f"{self.activity_column} is missing")
        return Update(
            line=record.line,
            ordinal=ordinal,
            at=self._time(cells, before.at if before else None),
            actor=told(cells, self.actor_column) if self.actor_column else None,
            cells=cells,
            columns=_row(cells, before),
            status=self.statuses.get(activity),
        )

    def opening(self, first: Update) -> Opening:
        """Return how the case began: with its first row, of which nothing more is known."""
        return Opening(
            at=first.at,
            stated_at=None,
            actor=first.actor,
            contract=self.contract(first.cells),
            requester=None,
            channel=None,
            priority=None,
        )

    def contract(self, cells: Mapping[str, str]) -> str | None:
        """Return the contract's number, None without such a column."""
        if self.contract_column is None:
            return None
        return as_code(told(cells, self.contract_column), self.contract_column)

    def _time(self, cells: Mapping[str, str], after: datetime | None) -> datetime:
        text = told(cells, self.time_column)
        if text is None:
            raise Malformed(f"{self.time_column} is missing")
        try:
            return moment(text, self.time_format, self.zone, after=after, now=self.now)
        except Malformed as error:
            raise Malformed(f"{self.time_column} is {error}") from error


def _row(cells: Mapping[str, str], before: Update | None) -> dict[str, str | None]:
    earlier = before.cells if before else {}
    return news(
        {name: told(cells, name) for name in cells}, {name: told(earlier, name) for name in earlier}
    )
