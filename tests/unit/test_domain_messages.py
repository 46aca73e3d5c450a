"""What is said in a ticket, put right, taken back and attached."""

from dataclasses import replace
from typing import Any

import pytest
from unit.cast import AGENT, COLLEAGUE, CUSTOMER, NOW, PORTAL, REASON, SOON, ask, opened, said, uid
from unit.spec import Given, given

from domain.limits import ATTACHMENT_BYTES, ATTACHMENTS_PER_MESSAGE, ATTACHMENTS_PER_TICKET
from domain.ticket import TICKET
from domain.ticket.commands import AddAttachment, CorrectMessage, PostMessage, RetractMessage
from domain.ticket.events import (
    AttachmentAdded,
    Audience,
    Cause,
    MessageCorrected,
    MessagePosted,
    MessageRetracted,
    PromiseKind,
    PromiseMade,
    Side,
    Status,
    StatusChanged,
)
from domain.values import Role

MESSAGE, FILE, NOTE_FILE = uid(20), uid(30), uid(31)
OPEN = given(TICKET, opened())


def _post(**fields: Any) -> PostMessage:
    usual = {"message": MESSAGE, "audience": Audience.PUBLIC, "text": said("hello")}
    return ask(PostMessage, **{**usual, **fields})


def _posted(side: Side, audience: Audience = Audience.PUBLIC, **fields: Any) -> MessagePosted:
    usual = {"message": MESSAGE, "text": said("hello"), "language": None, "attachments": ()}
    return MessagePosted(side=side, audience=audience, **{**usual, **fields})


def _attach(**fields: Any) -> AddAttachment:
    usual = {
        "attachment": FILE,
        "audience": Audience.PUBLIC,
        "name": said("trace.txt"),
        "claimed_type": said("text/plain"),
        "detected_type": "text.plain",
        "size": 12,
        "digest": said("ab" * 32),
    }
    return ask(AddAttachment, **{**usual, **fields})


def _standing(status: Status) -> Given:
    return OPEN.and_(StatusChanged(status, Status.NEW, Cause.STAFF, said("so it is"), None))


# Messages


@pytest.mark.parametrize("actor", [CUSTOMER, PORTAL, replace(AGENT, role=Role.SERVICE)])
def test_the_customer_speaks_through_the_portal_as_well(actor: Any) -> None:
    OPEN.when(_post(by=actor, language="de")).then(_posted(Side.CUSTOMER, language="de"))


def test_staff_speak_to_the_customer_or_among_themselves() -> None:
    OPEN.when(_post()).then(_posted(Side.STAFF))
    OPEN.when(_post(audience=Audience.INTERNAL)).then(_posted(Side.STAFF, Audience.INTERNAL))


@pytest.mark.parametrize("actor", [CUSTOMER, PORTAL])
def test_customers_write_no_internal_notes(actor: Any) -> None:
    OPEN.when(_post(by=actor, audience=Audience.INTERNAL)).then_refused("customer-speaks-publicly")
    OPEN.when(_attach(by=actor, audience=Audience.INTERNAL)).then_refused(
        "customer-speaks-publicly"
    )


def test_a_message_is_posted_once() -> None:
    OPEN.and_(_posted(Side.STAFF)).when(_post()).then_refused("message-already-there")


def test_after_closing_staff_write_internal_notes_alone() -> None:
    closed = _standing(Status.CLOSED)
    closed.when(_post()).then_refused("ticket-closed")
    closed.when(_post(by=CUSTOMER)).then_refused("ticket-closed")
    closed.when(_attach()).then_refused("ticket-closed")
    assert closed.when(_post(audience=Audience.INTERNAL)).types == ["MessagePosted"]
    assert closed.when(_attach(audience=Audience.INTERNAL)).types == ["AttachmentAdded"]


# What a customer's reply sets moving


def test_a_customers_reply_reopens_a_resolved_ticket_without_explanation_or_promise() -> None:
    state = (
        _standing(Status.RESOLVED)
        .when(_post(by=CUSTOMER))
        .then(
            _posted(Side.CUSTOMER),
            StatusChanged(Status.REOPENED, Status.RESOLVED, Cause.CUSTOMER_REPLY, None, None),
        )
    )
    assert state.status is Status.REOPENED
    assert state.promises == ()


def test_a_customers_reply_ends_the_waiting_for_the_customer() -> None:
    waiting = _standing(Status.WAITING_FOR_CUSTOMER).and_(PromiseMade(PromiseKind.UPDATE, SOON))
    state = waiting.when(_post(by=CUSTOMER)).then(
        _posted(Side.CUSTOMER),
        StatusChanged(
            Status.IN_PROGRESS, Status.WAITING_FOR_CUSTOMER, Cause.CUSTOMER_REPLY, None, None
        ),
    )
    assert state.due(PromiseKind.UPDATE) == SOON


@pytest.mark.parametrize(
    "status",
    sorted(set(Status) - {Status.RESOLVED, Status.WAITING_FOR_CUSTOMER, Status.CLOSED, Status.NEW}),
)
def test_a_customers_reply_leaves_every_other_status_as_it_is(status: Status) -> None:
    _standing(status).when(_post(by=CUSTOMER)).then(_posted(Side.CUSTOMER))


def test_what_staff_write_moves_no_status() -> None:
    assert _standing(Status.RESOLVED).when(_post()).types == ["MessagePosted"]
    assert _standing(Status.WAITING_FOR_CUSTOMER).when(_post()).types == ["MessagePosted"]


# Attachments


def test_a_file_is_recorded_with_who_brought_it_and_who_may_see_it() -> None:
    state = OPEN.when(_attach(by=CUSTOMER)).then(
        AttachmentAdded(
            FILE,
            Audience.PUBLIC,
            Side.CUSTOMER,
            said("trace.txt"),
            said("text/plain"),
            "text.plain",
            12,
            said("ab" * 32),
        )
    )
    assert state.attachments.get(FILE) is Audience.PUBLIC


def test_a_file_is_recorded_once() -> None:
    OPEN.after(_attach()).when(_attach()).then_refused("attachment-already-there")


def test_a_file_has_a_size_within_bounds() -> None:
    OPEN.when(_attach(size=ATTACHMENT_BYTES + 1)).then_refused("attachment-too-large")
    OPEN.when(_attach(size=-1)).then_refused("attachment-too-large")
    assert OPEN.when(_attach(size=0)).types == ["AttachmentAdded"]


def test_a_message_names_files_that_were_added_before() -> None:
    OPEN.when(_post(attachments=(FILE,))).then_refused("attachment-unknown")
    OPEN.after(_attach()).when(_post(attachments=(FILE,))).then(
        _posted(Side.STAFF, attachments=(FILE,))
    )


def test_an_internal_file_does_not_reach_the_customer_through_a_message() -> None:
    ticket = OPEN.after(_attach(attachment=NOTE_FILE, audience=Audience.INTERNAL))
    ticket.when(_post(attachments=(NOTE_FILE,))).then_refused("attachment-internal")
    note = _post(attachments=(NOTE_FILE,), audience=Audience.INTERNAL)
    assert ticket.when(note).types == ["MessagePosted"]


def test_a_customer_who_guesses_an_internal_file_learns_nothing() -> None:
    ticket = OPEN.after(_attach(attachment=NOTE_FILE, audience=Audience.INTERNAL))
    guess, nonsense = (
        ticket.when(_post(by=CUSTOMER, attachments=(file,))).error for file in (NOTE_FILE, uid(39))
    )
    assert str(guess) == str(nonsense)


def test_a_message_names_so_many_files_and_no_more() -> None:
    files = [uid(100 + number) for number in range(ATTACHMENTS_PER_MESSAGE + 1)]
    ticket = OPEN.after(*(_attach(attachment=file) for file in files))
    ticket.when(_post(attachments=tuple(files))).then_refused("too-many")
    assert ticket.when(_post(attachments=tuple(files[1:]))).types == ["MessagePosted"]


def test_a_ticket_has_so_many_files_and_no_more() -> None:
    files = [_attach(attachment=uid(5000 + number)) for number in range(ATTACHMENTS_PER_TICKET)]
    OPEN.after(*files).when(_attach()).then_refused("too-many")
    assert OPEN.after(*files[1:]).when(_attach()).types == ["AttachmentAdded"]


# Corrections and retractions


def _correct(**fields: Any) -> CorrectMessage:
    usual = {"message": MESSAGE, "text": said("hello!"), "reason": REASON}
    return ask(CorrectMessage, **{**usual, **fields})


def _retract(**fields: Any) -> RetractMessage:
    return ask(RetractMessage, **{"message": MESSAGE, "reason": REASON, **fields})


def test_any_of_the_staff_corrects_a_message_of_staff() -> None:
    OPEN.and_(_posted(Side.STAFF)).when(_correct(by=COLLEAGUE)).then(
        MessageCorrected(MESSAGE, said("hello!"), REASON)
    )


def test_a_message_is_retracted_once() -> None:
    ticket = OPEN.and_(_posted(Side.STAFF))
    state = ticket.when(_retract()).then(MessageRetracted(MESSAGE, REASON))
    assert MESSAGE in state.retracted
    ticket.after(_retract()).when(_retract()).then_nothing()


def test_a_retracted_message_is_not_corrected() -> None:
    OPEN.and_(_posted(Side.STAFF)).after(_retract()).when(_correct()).then_refused(
        "message-retracted"
    )


@pytest.mark.parametrize("command", [_correct(), _retract()])
def test_what_customers_said_stays_as_they_said_it(command: object) -> None:
    OPEN.and_(_posted(Side.CUSTOMER)).when(command).then_refused("message-not-of-staff")


@pytest.mark.parametrize("command", [_correct(), _retract()])
def test_only_a_message_that_is_there_is_put_right(command: object) -> None:
    OPEN.when(command).then_refused("message-unknown")


@pytest.mark.parametrize("command", [_correct(by=CUSTOMER), _retract(by=PORTAL)])
def test_customers_put_no_message_right(command: object) -> None:
    OPEN.and_(_posted(Side.STAFF)).when(command).then_refused("staff-only")


def test_messages_are_put_right_after_closing_too() -> None:
    ticket = OPEN.and_(_posted(Side.STAFF)).and_(
        StatusChanged(Status.CLOSED, Status.NEW, Cause.STAFF, said("done"), None)
    )
    assert ticket.when(_correct()).types == ["MessageCorrected"]
    assert ticket.when(_retract()).types == ["MessageRetracted"]


def test_a_correction_keeps_no_promise() -> None:
    ticket = OPEN.and_(_posted(Side.STAFF), PromiseMade(PromiseKind.UPDATE, SOON))
    assert ticket.when(_correct(by=AGENT, at=NOW)).types == ["MessageCorrected"]
