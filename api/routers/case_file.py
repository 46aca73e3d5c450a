"""The case file of a dispute: the contract's whole life in one view, as of any moment."""

from typing import Any, Final

from fastapi import APIRouter
from starlette.responses import Response

from api.answers import shown, time_text
from api.calls import Call
from api.cases import note_reads
from api.permissions import Permit, table
from api.reads import moment_or_now, query, reach, wait
from api.routes import route
from api.schemas.case_file import CaseFileView
from api.schemas.common import AsOf
from domain.access import NoteEvidenceRead, NoteIdentityRead
from domain.errors import NotFound
from domain.stream import Stream, StreamKind
from infra.networks import Labels
from projections import addresses
from projections.case_file.entries import Listed
from projections.case_file.fold import CaseFile
from projections.case_file.reading import Found, find_dispute, read_case_file
from projections.signals import contract_signals, thresholds_of

router = APIRouter(tags=["disputes"])

_FLAT: Final = "sections"


@route(
    router,
    "GET",
    "/v1/disputes/{id}/case-file",
    query=AsOf,
    answer=CaseFileView,
    positioned=True,
)
async def read_dispute_case_file(call: Call) -> Response:
    """Read everything recorded under a dispute's contract in one view; that you did is recorded.

    Until the addresses are followed up to the moment there is no answer, rather than half of one.
    """
    services = call.services
    dispute = Stream(StreamKind.DISPUTE, call.path_id())
    if not await services.log.version(dispute):
        raise NotFound("there is no such dispute")
    moment = await moment_or_now(call, query(call, AsOf))
    await wait(call, addresses.NAME)
    await reach(call, addresses.NAME, moment.position)
    found = await find_dispute(services.reads, dispute.id, moment)
    position = await _note(call, found)
    labels = Labels(services.settings.labelled_networks)
    file, findings = await read_case_file(services.reads, found, labels, identity=_identity(call))
    view = {**_flat(file), "findings": findings, "signals": Listed.of(()), "links": _links(found)}
    if found.contract is not None and file.contract is not None and file.contract.registered:
        thresholds = thresholds_of(services.settings)
        signals = await contract_signals(services.reads, found.contract, thresholds, moment=moment)
        view["signals"] = Listed.of(signals)
    return shown(view, {"Ledger-Position": str(position)})


def _identity(call: Call) -> bool:
    """Say whether the asker may read identity data."""
    role = call.actor.role
    return role is not None and table()["read_identity"][role] is Permit.YES


async def _note(call: Call, found: Found) -> int:
    """Record that the asker opens the evidence, and the identity data with it; say where."""
    who, contract = call.who_and_when, found.contract
    evidence = NoteEvidenceRead(**who, case=found.dispute, version=found.version, contract=contract)
    if contract is None or not _identity(call):
        return await note_reads(call, evidence)
    return await note_reads(call, evidence, NoteIdentityRead(**who, contract=contract))


def _flat(file: CaseFile) -> dict[str, Any]:
    """Return the file's parts by name, each section beside the others."""
    parts = {name: getattr(file, name) for name in file.__slots__ if name != _FLAT}
    return parts | file.sections


def _links(found: Found) -> dict[str, str]:
    """Return where the full histories are: as of the same moment, but for the identity."""
    moment = found.moment
    as_of = f"as_of_position={moment.position}"
    if moment.occurred is not None:
        as_of = f"as_of={time_text(moment.occurred)}&as_of_basis={moment.basis}"
    links = {
        "dispute": f"/v1/disputes/{found.dispute}?{as_of}",
        "ticket": f"/v1/tickets/{found.ticket}/timeline?{as_of}",
    }
    if found.contract is not None:
        contract = f"/v1/contracts/{found.contract}"
        links["history"] = f"{contract}/history?{as_of}"
        links["signals"] = f"{contract}/signals?{as_of}"
        links["identity"] = f"{contract}/identity"
    return links
