"""Who may act: keys, roles taken away, rights that end, services that stand in for customers."""

import time
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from support.requests_of import PASSPORT, contract_body, known, new_customer, new_number
from support.serving import Served

ISSUER = "urn:ticket-ledger:development"
WITHIN = 1.0


def _join(served: Served, *roles: str) -> tuple[str, str]:
    """Let somebody join; return their id and a token that is known already."""
    subject = f"{roles[0]}:{uuid4().hex}"
    body = {
        "name": "Cleo",
        "login": {"issuer": ISSUER, "subject": subject},
        "roles": list(roles),
        "languages": ["en"],
    }
    joined = served.post("operator", "/v1/staff", body)
    assert joined.status_code == 201, joined.text
    return joined.json()["id"], known(served, served.mint(subject))


def _status_becomes(served: Served, token: str, path: str, status: int) -> float:
    """Return after how many seconds the path answers with the status."""
    begun = time.monotonic()
    client = served.client(None, token)
    served.until(lambda: client.get(path).status_code == status)
    return time.monotonic() - begun


def test_an_api_key_works_until_it_is_revoked(served: Served) -> None:
    staff, _ = _join(served, "agent")
    issued = served.post("operator", f"/v1/staff/{staff}/api-keys", {}).json()
    key = issued["secret"]
    assert key.startswith("lk_")
    known(served, key)
    assert served.client(None, key).get("/v1/queue").status_code == 200
    assert served.client(None, key[:-1] + "x").get("/v1/queue").status_code == 401
    path = f"/v1/staff/{staff}/api-keys/{issued['key']}/revoke"
    assert served.post("operator", path).status_code == 200
    assert _status_becomes(served, key, "/v1/queue", 401) <= WITHIN


def test_a_keys_secret_is_shown_once(served: Served) -> None:
    staff, _ = _join(served, "agent")
    path, key = f"/v1/staff/{staff}/api-keys", f"once-{uuid4()}"
    first = served.post("operator", path, {}, key=key).json()
    again = served.post("operator", path, {}, key=key).json()
    assert first["secret"] is not None
    assert again["secret"] is None if "secret" in again else True
    assert again["event_ids"] == first["event_ids"]
    event = served.get("operator", f"/v1/events/{first['event_ids'][0]}")
    assert first["secret"].rsplit("_", 1)[1] not in event.text


def test_an_expired_api_key_proves_nothing(served: Served) -> None:
    staff, _ = _join(served, "agent")
    soon = (datetime.now(UTC) + timedelta(seconds=1.5)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    answer = served.post("operator", f"/v1/staff/{staff}/api-keys", {"expires_at": soon})
    assert answer.status_code == 201, answer.text
    assert _status_becomes(served, answer.json()["secret"], "/v1/queue", 401) < 10


def test_a_role_taken_away_works_no_more_within_a_second(served: Served) -> None:
    staff, token = _join(served, "agent", "compliance")
    body = {"channel": "phone", "language": "en", "subject": "s", "text": "t"}
    somebody = served.client(None, token)
    headers = {"Idempotency-Key": str(uuid4())}
    assert somebody.post("/v1/tickets", json=body, headers=headers).status_code == 201
    revoked = served.post(
        "operator", f"/v1/staff/{staff}/roles/revoke", {"role": "agent"}, version=1
    )
    assert revoked.status_code == 200, revoked.text
    time.sleep(WITHIN)
    headers = {"Idempotency-Key": str(uuid4())}
    assert somebody.post("/v1/tickets", json=body, headers=headers).status_code == 403
    assert somebody.get("/v1/queue").status_code == 200


def test_who_left_is_nobody_any_more(served: Served) -> None:
    staff, token = _join(served, "agent")
    assert served.client(None, token).get("/v1/queue").status_code == 200
    assert served.post("operator", f"/v1/staff/{staff}/leave", {}, version=1).status_code == 200
    assert _status_becomes(served, token, "/v1/queue", 401) <= WITHIN
    (view,) = [served.get("operator", f"/v1/staff/{staff}").json()]
    assert (view["left"], view["name"], view["roles"]) == (True, "Cleo", [])


def test_who_left_and_joined_anew_comes_in_with_the_same_login(served: Served) -> None:
    subject = f"agent:{uuid4().hex}"
    login = {"issuer": ISSUER, "subject": subject}
    body = {"name": "Cleo", "login": login, "roles": ["agent"], "languages": ["en"]}
    token = served.mint(subject)
    for _ in "12":
        staff = served.post("operator", "/v1/staff", body).json()["id"]
        known(served, token)
        leave = f"/v1/staff/{staff}/leave"
        assert served.post("operator", leave, {}, version=1).status_code == 200
        assert _status_becomes(served, token, "/v1/queue", 401) <= WITHIN


def test_rights_taken_from_a_person_work_no_more_within_a_second(served: Served) -> None:
    number, person, token = new_customer(served, "read", "write")
    known(served, token)
    path = f"/v1/contracts/{number}"
    customer = served.client(None, token)
    assert customer.get(path).status_code == 200
    version = customer.get(path).json()["version"]
    fewer = served.post(
        "supervisor", f"{path}/persons/{person}/rights", {"rights": ["read"]}, version=version
    )
    assert fewer.status_code == 200, fewer.text
    body = {"contract": number, "channel": "portal", "language": "en", "subject": "s", "text": "t"}
    time.sleep(WITHIN)
    headers = {"Idempotency-Key": str(uuid4())}
    assert customer.post("/v1/tickets", json=body, headers=headers).status_code == 403
    revoked = served.post("supervisor", f"{path}/persons/{person}/revoke", {}, version=version + 1)
    assert revoked.status_code == 200, revoked.text
    assert _status_becomes(served, token, path, 404) <= WITHIN


def test_rights_that_expire_end_by_themselves(served: Served) -> None:
    number = new_number()
    served.post("supervisor", "/v1/contracts", contract_body(number))
    soon = (datetime.now(UTC) + timedelta(seconds=2)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    login = {"issuer": ISSUER, "subject": f"customer:{number}"}
    body = {"name": "Ada", "login": login, "rights": ["read"], "expires_at": soon}
    assert served.post("supervisor", f"/v1/contracts/{number}/persons", body).status_code == 201
    token = known(served, served.mint(login["subject"]))
    assert _status_becomes(served, token, f"/v1/contracts/{number}", 404) < 10


def test_a_customer_under_two_contracts_is_one_person(served: Served) -> None:
    first, person, token = new_customer(served)
    second = new_number()
    served.post("supervisor", "/v1/contracts", contract_body(second))
    known(served, token)
    login = {"issuer": ISSUER, "subject": f"customer:{first}"}
    body = {"name": "Ada", "login": login, "rights": ["read"]}
    named = served.post("supervisor", f"/v1/contracts/{second}/persons", body)
    assert named.json()["person"] == person
    _status_becomes(served, token, f"/v1/contracts/{second}", 200)
    assert served.client(None, token).get(f"/v1/contracts/{first}").status_code == 200


def test_a_service_that_forwards_a_token_or_only_asserts_is_recorded_so(served: Served) -> None:
    number, person, token = new_customer(served)
    known(served, token)
    body = {"contract": number, "channel": "portal", "language": "en", "subject": "s", "text": "t"}
    told: list[dict[str, object]] = []
    for headers in (
        {"Ledger-On-Behalf-Token": token},
        {"Ledger-On-Behalf-Of": person, "Ledger-On-Behalf-Address": "198.51.100.7"},
    ):
        said = {"Idempotency-Key": str(uuid4()), **headers}
        answer = served.client("service").post("/v1/tickets", json=body, headers=said)
        assert answer.status_code == 201, answer.text
        timeline = served.get("agent", f"/v1/tickets/{answer.json()['id']}/timeline").json()
        told.append(timeline["items"][0])
    proved, asserted = told
    assert proved["actor"]["kind"] == "service"
    assert proved["on_behalf_of"] == {"id": person, "asserted": []}
    assert asserted["on_behalf_of"] == {"id": person, "asserted": ["address", "person"]}
    assert asserted["address"]["asserted"] == "198.51.100.7"
    assert asserted["address"]["address"] == "127.0.0.1"
    assert asserted["what"]["requester"] == person


def test_a_service_without_a_customer_opens_enquiries_alone(served: Served) -> None:
    body = {"channel": "portal", "language": "en", "subject": "s", "text": "t"}
    assert served.post("service", "/v1/tickets", body).status_code == 201
    under = served.post("service", "/v1/tickets", body | {"contract": served.contract})
    assert under.status_code == 404


def test_reading_identity_data_is_recorded_and_leaves_no_trace_in_the_contract(
    served: Served,
) -> None:
    number, _, _ = new_customer(served)
    before = served.get("supervisor", f"/v1/contracts/{number}").json()["version"]
    answer = served.get("compliance", f"/v1/contracts/{number}/identity")
    assert answer.status_code == 200, answer.text
    assert answer.json()["document"]["passport"]["number"] == PASSPORT["number"]
    assert answer.json()["contacts"] == [{"kind": "mail", "value": "ada@example.net"}]
    assert served.get("supervisor", f"/v1/contracts/{number}").json()["version"] == before
    position = int(answer.headers["ledger-position"])
    with served.database() as connection:
        row = connection.execute(
            "SELECT stream_kind, contract, type FROM ledger.events WHERE position = %s", [position]
        ).fetchone()
    assert row == ("access", None, "IdentityRead")


def test_staff_are_listed_in_pages(served: Served) -> None:
    for _ in range(3):
        _join(served, "agent")
    seen: list[str] = []
    asked: dict[str, str | int] = {"limit": 2}
    while True:
        page = served.get("agent", "/v1/staff", params=asked).json()
        seen += [view["id"] for view in page["items"]]
        if page["next"] is None:
            break
        asked["cursor"] = page["next"]
    assert len(seen) == len(set(seen)) >= 3
