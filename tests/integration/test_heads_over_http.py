"""Signed heads over HTTP: to whom the table allows, for what a checkpoint covers."""

import re
from uuid import uuid4

import pytest
from support.requests_of import contract_body, new_customer, new_number, size_of
from support.serving import Served

from domain.chainhead import ChainHead, ChainLink, check_chain
from infra.chainheads import open_chain_head
from infra.envelope import leaf_hash, parse
from infra.notes import Verifier, open_note


def keys(served: Served) -> list[Verifier]:
    return [Verifier.parse(key["vkey"]) for key in served.get(None, "/v1/log").json()["keys"]]


def head(served: Served, path: str, role: str = "agent", **asked: int) -> ChainHead:
    answer = served.get(role, path, params=asked)
    assert answer.status_code == 200, answer.text
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert answer.headers["Cache-Control"] == "no-store"
    return open_chain_head(answer.content, keys(served))


def links(served: Served, number: str) -> list[ChainLink]:
    """Return a contract's chain as its envelopes tell it."""
    with served.database() as connection:
        rows = connection.execute(
            "SELECT envelope FROM ledger.events WHERE contract = %s ORDER BY contract_count",
            [number],
        ).fetchall()
    found = []
    for (envelope,) in rows:
        said = parse(envelope).contract
        before = bytes.fromhex(said.previous) if said.previous else None
        found.append(ChainLink(said.count, before, leaf_hash(envelope)))
    return found


def test_a_head_closes_the_history_of_a_contract_and_of_a_ticket(served: Served) -> None:
    number, _, _ = new_customer(served)
    opened = served.open_ticket("supervisor", contract=number)
    last = served.post("agent", f"/v1/tickets/{opened['id']}/messages", {"text": "One."}).json()
    served.until(lambda: size_of(served) >= last["position"])
    whole = head(served, f"/v1/contracts/{number}/head")
    assert (whole.chain, whole.last.hex()) == (number, last["leaf_hash"])
    check_chain(whole, links(served, number))
    ticket = head(served, f"/v1/tickets/{opened['id']}/head")
    assert (ticket.count, ticket.position) == (last["version"], last["position"])
    before = head(served, f"/v1/contracts/{number}/head", as_of_position=opened["position"])
    assert (before.size, before.last.hex()) == (opened["position"], opened["leaf_hash"])
    tree = served.get(
        "agent", "/v1/consistency", params={"from": before.size, "to": whole.size}
    ).json()
    assert (tree["from_root"], tree["to_root"]) == (before.root.hex(), whole.root.hex())


def test_a_dispute_has_a_head_before_it_is_known_of_which_contract_it_is(served: Served) -> None:
    ticket = served.open_ticket("supervisor", contract=served.contract)
    body = {"ticket": ticket["id"], "kind": "takeover", "language": "en", "contract": None}
    opened = served.post("agent", "/v1/disputes", body).json()
    served.until(lambda: size_of(served) >= opened["position"])
    dispute = head(served, f"/v1/disputes/{opened['id']}/head", "dispute_handler")
    assert (dispute.count, dispute.last.hex()) == (1, opened["leaf_hash"])
    assert served.get("customer", f"/v1/disputes/{opened['id']}/head").status_code in {403, 404}


def test_the_log_tells_the_key_that_signs_heads(served: Served) -> None:
    served.until(lambda: size_of(served) > 0)
    told = served.get(None, "/v1/log").json()
    note = served.get("supervisor", f"/v1/contracts/{served.contract}/head").content
    assert open_note(note, [Verifier.parse(told["keys"][-1]["head_vkey"])])


def test_what_no_checkpoint_covers_has_no_head_yet(served: Served) -> None:
    number = new_number()
    written = served.post("supervisor", "/v1/contracts", contract_body(number))
    assert written.status_code == 201, written.text
    for asked in ({}, {"as_of_position": written.json()["position"]}):
        early = served.get("agent", f"/v1/contracts/{number}/head", params=asked)
        if early.status_code != 200:
            assert early.status_code == 409
            assert early.json()["type"] == "/problems/not-yet-integrated"
            assert early.headers["Retry-After"] == "1"
    served.until(lambda: size_of(served) >= written.json()["position"])
    assert head(served, f"/v1/contracts/{number}/head").count == 1
    before = {"as_of_position": written.json()["position"] - 1}
    assert served.get("agent", f"/v1/contracts/{number}/head", params=before).status_code == 404


@pytest.mark.parametrize("asked", ["0", "-1", "x", "1.5", str(2**52), str(2**53 + 1), "1&more=1"])
def test_a_position_that_makes_no_sense_is_refused(served: Served, asked: str) -> None:
    path = f"/v1/contracts/{served.contract}/head?as_of_position={asked}"
    answer = served.get("agent", path)
    assert answer.status_code == 422, answer.text
    assert re.fullmatch("as_of_position|more", answer.json()["where"])


def test_nobody_learns_of_chains_that_are_not_theirs(served: Served) -> None:
    number, _, _ = new_customer(served)
    opened = served.open_ticket("supervisor", contract=number)
    answers = [
        served.get("customer", path)
        for path in (
            f"/v1/contracts/{number}/head",
            f"/v1/contracts/{new_number()}/head",
            f"/v1/tickets/{opened['id']}/head",
            f"/v1/tickets/{uuid4()}/head",
        )
    ]
    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.text for answer in answers}) == 1
    assert served.get("operator", f"/v1/contracts/{number}/head").status_code == 403


def test_figures_tell_of_checkpoints_heads_and_followers(served: Served) -> None:
    served.until(lambda: size_of(served) > 0)
    head(served, f"/v1/contracts/{served.contract}/head", "supervisor")
    figures = (
        r"^ledger_log_size [1-9]",
        r"^ledger_log_checkpoint_timestamp_seconds 1\.",
        r"^ledger_log_checkpoints_total [1-9]",
        r'^ledger_log_heads_total\{outcome="signed"\} [1-9]',
        r'^ledger_follower_position\{follower="queue"\} [1-9]',
        r"^ledger_http_requests_total\{",
    )
    served.until(
        lambda: all(
            re.search(one, served.get(None, "/metrics").text, re.MULTILINE) for one in figures
        )
    )
