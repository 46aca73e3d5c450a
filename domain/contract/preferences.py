"""How persons want to be told of their tickets; some of it is told in any case."""

from typing import Final

from domain.contract.commands import StatePreferences
from domain.contract.events import PreferencesStated
from domain.contract.state import NOTHING, ContractState
from domain.errors import NotAllowed, Refused
from domain.notification.events import NotificationKind
from domain.values import ActorKind

OPTIONAL: Final = frozenset(
    {
        NotificationKind.ACKNOWLEDGEMENT,
        NotificationKind.STATUS,
        NotificationKind.MESSAGE,
    }
)
"""What a person need not be told; that a ticket was opened goes with its acknowledgement."""


def prefer(state: ContractState, command: StatePreferences) -> tuple[PreferencesStated, ...]:
    """Record what a holder or a person with rights wants; a customer speaks for themselves."""
    person = command.person
    if command.by.kind is ActorKind.CUSTOMER and command.by.id != person:
        raise NotAllowed("preferences are stated by the person whose they are")
    holds = person == state.holder or any(one.id == person for one in state.ownership.holders)
    if not holds and state.grant(person) in (None, NOTHING):
        raise Refused("person-unknown", "the person has no right under this contract")
    if not set(command.unwanted) <= OPTIONAL:
        raise Refused(
            "always-told",
            "only acknowledgements, status changes and messages can be turned off",
        )
    unwanted = tuple(one for one in NotificationKind if one in command.unwanted)
    return (PreferencesStated(person, command.language, command.mail, command.form, unwanted),)
