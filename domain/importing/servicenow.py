"""The enriched incident log of ServiceNow: one row for every update of an incident.

Columns that tell the end of the story stand in every row of this form; they count only from the
moment they speak of.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final, TypeVar
from zoneinfo import ZoneInfo

from domain.errors import Malformed
from domain.importing.rows import Opening, Record, Update, news, told
from domain.importing.times import moment
from domain.ticket.events import Channel, Priority, Status

V = TypeVar("V")

COLUMNS: Final = (
    "number",
    "incident_state",
    "active",
    "reassignment_count",
    "reopen_count",
    "sys_mod_count",
    "made_sla",
    "caller_id",
    "opened_by",
    "opened_at",
    "sys_created_by",
    "sys_created_at",
    "sys_updated_by",
    "sys_updated_at",
    "contact_type",
    "location",
    "category",
    "subcategory",
    "u_symptom",
    "cmdb_ci",
    "impact",
    "urgency",
    "priority",
    "assignment_group",
    "assigned_to",
    "knowledge",
    "u_priority_confirmation",
    "notify",
    "problem_id",
    "rfc",
    "vendor",
    "caused_by",
    "closed_code",
    "resolved_by",
    "resolved_at",
    "closed_at",
)
TIME: Final = "%d-%m-%Y %H:%M"
_TIME_SHAPE: Final = re.compile(r"\d\d-\d\d-\d{4} \d\d:\d\d", re.ASCII)
_COUNT: Final = re.compile(r"\d{1,6}", re.ASCII)
_CALLER: Final = re.compile(r"\D*(\d{1,20})\D*", re.ASCII)

STATES: Final = {
    "New": Status.NEW,
    "Active": Status.IN_PROGRESS,
    "Awaiting User Info": Status.WAITING_FOR_CUSTOMER,
    "Awaiting Evidence": Status.WAITING_FOR_CUSTOMER,
    "Awaiting Problem": Status.UNDER_STUDY,
    "Awaiting Vendor": Status.WAITING_FOR_THIRD_PARTY,
    "Resolved": Status.RESOLVED,
    "Closed": Status.CLOSED,
}
PRIORITIES: Final = {
    "1 - Critical": Priority.CRITICAL,
    "2 - High": Priority.HIGH,
    "3 - Moderate": Priority.NORMAL,
    "4 - Low": Priority.LOW,
}
CHANNELS: Final = {
    "Phone": Channel.PHONE,
    "IVR": Channel.PHONE,
    "Email": Channel.MAIL,
    "Self service": Channel.PORTAL,
}
"""Any other contact type is no channel of ours: it stays in the row's columns."""

_RESOLUTION: Final = frozenset({"resolved_at", "resolved_by"})
_CLOSURE: Final = frozenset({"closed_at", "closed_code"})
_DONE: Final = frozenset({Status.RESOLVED, Status.CLOSED})


@dataclass(frozen=True, slots=True)
class ServiceNow:
    """Reads rows whose times are local to `zone`; `now` bounds what can have happened."""

    zone: ZoneInfo
    now: datetime
    source: str = "servicenow"
    columns: tuple[str, ...] = COLUMNS
    case_column: str = "number"

    def update(self, record: Record, ordinal: int, before: Update | None) -> Update:
        """Return what a row says. Raises Malformed with the column."""
        cells = record.cells
        at = self._time(cells, "sys_updated_at", before.at if before else None)
        if at is None:
            raise Malformed("sys_updated_at is missing")
        for column in ("opened_at", "sys_created_at", "resolved_at", "closed_at"):
            self._time(cells, column, None)
        reopened = _count(cells, "reopen_count")
        return Update(
            line=record.line,
            ordinal=ordinal,
            at=at,
            actor=told(cells, "sys_updated_by"),
            cells=cells,
            columns=news(
                self._visible(cells, at),
                self._visible(before.cells, before.at) if before else {},
            ),
            status=_one_of(STATES, cells, "incident_state"),
            priority=_one_of(PRIORITIES, cells, "priority"),
            reopenings=max(0, reopened - _count(before.cells, "reopen_count")) if before else 0,
            reassignments=_count(cells, "reassignment_count"),
            team=told(cells, "assignment_group"),
            assignee=told(cells, "assigned_to"),
        )

    def opening(self, first: Update) -> Opening:
        """Return how the incident began: stated in every row, at the latest with its first."""
        cells = first.cells
        stated = self._time(cells, "opened_at", None)
        return Opening(
            at=min(stated, first.at) if stated else first.at,
            stated_at=stated,
            actor=told(cells, "opened_by") or told(cells, "sys_created_by"),
            contract=self.contract(cells),
            requester=told(cells, "caller_id"),
            channel=CHANNELS.get(cells["contact_type"]),
            priority=first.priority,
        )

    def contract(self, cells: Mapping[str, str]) -> str | None:
        """Return `SN-` and the caller's digits, None without a caller."""
        caller = told(cells, "caller_id")
        if caller is None:
            return None
        match = _CALLER.fullmatch(caller)
        if match is None:
            raise Malformed("caller_id has no number, or more than one")
        return f"SN-{match[1]}"

    def _time(
        self, cells: Mapping[str, str], column: str, after: datetime | None
    ) -> datetime | None:
        text = cells[column]
        if text == "?":
            return None
        if not _TIME_SHAPE.fullmatch(text):
            raise Malformed(f"{column} is not a time in the form DD-MM-YYYY HH:MM")
        try:
            return moment(text, TIME, self.zone, after=after, now=self.now)
        except Malformed as error:
            raise Malformed(f"{column} is {error}") from error

    def _visible(self, cells: Mapping[str, str], at: datetime) -> dict[str, str | None]:
        return {
            name: told(cells, name)
            for name in cells
            if name != "number" and self._had_happened(cells, name, at)
        }

    def _had_happened(self, cells: Mapping[str, str], name: str, at: datetime) -> bool:
        if name not in _RESOLUTION and name not in _CLOSURE:
            return True
        status = STATES.get(cells["incident_state"])
        when = self._time(cells, "resolved_at" if name in _RESOLUTION else "closed_at", None)
        if when is None or name in _CLOSURE:
            return status is Status.CLOSED and (when is None or when <= at)
        return status in _DONE and when <= at


def _count(cells: Mapping[str, str], column: str) -> int:
    if not _COUNT.fullmatch(cells[column]):
        raise Malformed(f"{column} is not a count")
    return int(cells[column])


def _one_of(known: Mapping[str, V], cells: Mapping[str, str], column: str) -> V:
    found = known.get(cells[column])
    if found is None:
        raise Malformed(f"{column} is none of {', '.join(known)}")
    return found
