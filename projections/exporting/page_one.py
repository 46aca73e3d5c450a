"""Page one of a bag's PDF, in plain words: who holds the contract by the record, and why."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from domain.chainhead import chain_text
from domain.contract.ownership.vocabulary import Together
from domain.dispute import events as d
from domain.dispute.vocabulary import Outcome
from domain.identity.answer import Unclear, Undetermined
from domain.identity.holder import holder_of_record
from domain.log import Recorded
from domain.stream import StreamKind
from infra.pdf import Answer, Cover
from projections.exporting.scope import Scope
from projections.exporting.wanted import Wanted
from projections.exporting.words import said

Names = Mapping[UUID, str]
_DECIDED: Final = (d.ClaimRefused, d.ClaimUpheld)


def cover_of(
    wanted: Wanted, scope: Scope, names: Names, language: str, recorded_until: datetime
) -> Cover:
    """Return page one; `names` are those of holders that the recipient may see, by id."""
    page = _Page(wanted, scope, names, said(language))
    holder, basis, since, why = page.holding()
    return Cover(
        bag=str(wanted.bag),
        subject=chain_text(wanted.chain),
        recipient=wanted.recipient,
        position=wanted.position,
        made=recorded_until,
        holder=holder,
        basis=basis,
        since=since,
        why=why,
        more=tuple(page.disputed()),
    )


@dataclass(frozen=True, slots=True)
class _Page:
    wanted: Wanted
    scope: Scope
    names: Names
    say: Mapping[str, str]

    def holding(self) -> tuple[str | None, str, datetime | None, str]:
        """Return the holders, the basis and since when; or None, and why it is undetermined."""
        if self.scope.contract is None:
            disputed = self._chain_kind() is StreamKind.DISPUTE
            return None, "", None, self.say["unattached" if disputed else "enquiry"]
        answer = holder_of_record(self.scope.holding, self.wanted.position)
        rests = self._rests_on(answer.rests_on)
        if isinstance(answer, Undetermined):
            why = [self._undetermined(answer.reason)]
            if answer.status_quo:
                why.append(self._put("status_quo", holders=self._holders(answer.status_quo)))
            return None, rests, None, " ".join(why)
        basis = self._put("basis_change", version=answer.version)
        if answer.departure is not None:
            basis = self.say["basis_departure"]
        elif answer.version == 1:
            basis = self.say["basis_registration"]
        holders = self._holders(answer.holders, answer.together)
        return holders, f"{basis} {rests}".strip(), answer.since, ""

    def disputed(self) -> Iterable[Answer]:
        """Yield what is recorded of an exported dispute: what it is, what was decided, and how."""
        if self._chain_kind() is not StreamKind.DISPUTE:
            return
        yield Answer(self.say["dispute_title"], " ".join(self._opened()))
        yield Answer(self.say["determination_title"], "\n".join(self._determined()))
        yield Answer(self.say["claims_title"], "\n".join(self._claims()))

    def _chain_kind(self) -> StreamKind | None:
        chain = self.wanted.chain
        return None if isinstance(chain, str) else chain.kind

    def _opened(self) -> Iterable[str]:
        for one in self.scope.dispute:
            match one.event:
                case d.DisputeOpened(kind=kind):
                    text = self.say[f"kind_{kind.value}"]
                    yield self._put("dispute_opened", kind=text, position=one.position)
                case d.DisputeClosed():
                    yield self._put("dispute_closed", position=one.position)

    def _determined(self) -> Iterable[str]:
        """Yield the last determination, who confirmed it, and what two people made of it."""
        events = list(self.scope.dispute)
        made = [n for n, one in enumerate(events) if isinstance(one.event, d.DeterminationMade)]
        if not made:
            yield self.say["determination_none"]
            return
        yield self._determination(events[made[-1]])
        after = events[made[-1] :]
        confirmed = [one for one in after if isinstance(one.event, d.DeterminationConfirmed)]
        for one in confirmed:
            who = _who(one)
            yield self._put("determination_confirmed", position=one.position, who=who)
        if not confirmed:
            yield self.say["determination_unconfirmed"]
        yield from self._departures(after)

    def _determination(self, made: Recorded) -> str:
        event = made.event
        assert isinstance(event, d.DeterminationMade)
        facts = {"position": made.position, "as_of": event.as_of}
        if event.outcome is Outcome.HOLDER:
            holders = self._holders(event.holders)
            return self._put("determination_holder", **facts, holders=holders)
        reason = "" if event.reason is None else self.say[f"unclear_{event.reason.value}"]
        return self._put("determination_undetermined", **facts, reason=reason)

    def _departures(self, events: list[Recorded]) -> Iterable[str]:
        agreed = {
            one.event.departure: one
            for one in events
            if isinstance(one.event, d.DepartureConfirmed)
        }
        for one in events:
            if not isinstance(one.event, d.DepartureProposed):
                continue
            second = agreed.get(one.event.departure)
            if second is None:
                yield self._put("departure_asked", position=one.position, who=_who(one))
                continue
            asked = {"asked": one.position, "asker": _who(one)}
            facts = {"position": second.position, "who": _who(second)}
            yield self._put("departure_confirmed", **asked, **facts)

    def _claims(self) -> Iterable[str]:
        decided = {
            one.event.claim: one for one in self.scope.dispute if isinstance(one.event, _DECIDED)
        }
        received = [one for one in self.scope.dispute if isinstance(one.event, d.ClaimReceived)]
        if not received:
            yield self.say["claims_none"]
        for one in received:
            assert isinstance(one.event, d.ClaimReceived)
            facts: dict[str, object] = {"claim": one.position}
            end = decided.get(one.event.claim)
            if end is None:
                yield self._put("claim_undecided", **facts)
                continue
            facts["position"] = end.position
            if isinstance(end.event, d.ClaimRefused):
                rule = self.say[f"rule_{end.event.rule.value}"]
                yield self._put("claim_refused", **facts, rule=rule)
            else:
                yield self._put("claim_upheld", **facts)

    def _undetermined(self, reason: Unclear) -> str:
        return self._put("undetermined", reason=self.say[f"unclear_{reason.value}"])

    def _holders(self, holders: Iterable[UUID], together: Together | None = None) -> str:
        found = [self.names.get(one) or self._put("holder_unnamed", id=one) for one in holders]
        text = ", ".join(found)
        return text if together is None else f"{text}; {self.say[f'together_{together.value}']}"

    def _rests_on(self, events: Iterable[UUID]) -> str:
        positions = {one.id: one.position for one in (*self.scope.holding, *self.scope.dispute)}
        found = [str(positions[event]) for event in events if event in positions]
        return self._put("rests_on", positions=", ".join(found)) if found else ""

    def _put(self, name: str, **values: object) -> str:
        return self.say[name].format(**values)


def _who(recorded: Recorded) -> str:
    actor = recorded.actor
    return " ".join(filter(None, (actor.role, str(actor.id))))
