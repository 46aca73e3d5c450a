"""Rows of a ServiceNow log for tests: an ordinary one, and what differs."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from domain.importing.rows import Assembled, Record, assemble
from domain.importing.servicenow import COLUMNS, ServiceNow
from domain.importing.table import read_table

EXCERPT: Final = Path(__file__).parents[1] / "fixtures" / "servicenow" / "incidents.csv"
WHOLE: Final = Path(__file__).parents[3] / "shared" / "data" / "servicenow-incident-log.csv"
"""The whole log, where it was downloaded; the excerpt stands for it elsewhere."""

EXCERPT_FIGURES: Final = {
    "incidents": 20,
    "updates": 127,
    "closed": 20,
    "reassigned": {"tickets": 9, "times": 13},
    "reopened": {"tickets": 3, "times": 4},
    "opened_by_month": {"2016-02": 11, "2016-03": 9},
    "contracts": 18,
}
"""What `ledger status` says of the excerpt."""

WHOLE_FIGURES: Final = {
    "incidents": 672,
    "updates": 4519,
    "closed": 672,
    "reassigned": {"tickets": 291, "times": 668},
    "reopened": {"tickets": 7, "times": 8},
    "opened_by_month": {"2016-02": 157, "2016-03": 515},
    "contracts": 503,
}

UTC_FORM: Final = ServiceNow(ZoneInfo("UTC"), datetime(2026, 1, 1, tzinfo=UTC))

ORDINARY: Final = {
    **dict.fromkeys(COLUMNS, "?"),
    "number": "INC1",
    "incident_state": "New",
    "active": "TRUE",
    "reassignment_count": "0",
    "reopen_count": "0",
    "sys_mod_count": "0",
    "made_sla": "TRUE",
    "caller_id": "Caller 7",
    "opened_by": "Opened by 1",
    "opened_at": "01-03-2016 10:00",
    "sys_updated_by": "Updated by 2",
    "sys_updated_at": "01-03-2016 10:05",
    "contact_type": "Phone",
    "priority": "3 - Moderate",
    "assignment_group": "Group 5",
    "assigned_to": "Resolver 6",
    "closed_code": "code 9",
    "resolved_by": "Resolved by 8",
    "resolved_at": "01-03-2016 12:00",
    "closed_at": "01-03-2016 14:00",
}


def record(line: int = 2, **differing: str) -> Record:
    """Return one row that differs from the ordinary one in these columns."""
    return Record(line, {**ORDINARY, **differing})


def told(*rows: dict[str, str], form: ServiceNow = UTC_FORM) -> Assembled:
    """Return what a log says whose rows differ from the ordinary one like this."""
    return assemble([record(line, **row) for line, row in enumerate(rows, 2)], form)


def read(path: Path, form: ServiceNow = UTC_FORM) -> Assembled:
    """Return what a file says; it must be whole."""
    table = read_table(path.read_bytes(), form.columns)
    assert not table.problems
    return assemble(table.records, form)
