"""Five stories of hosting support, over HTTP, each ending with what a court can check itself.

The rule is one: the holder is whose identity document was given when the contract was registered,
until a verified change. Support does not investigate: it applies the rule, refuses, and records.
"""

from collections.abc import Iterator

import pytest
from support import databases
from support.disputes import HANDLER, a_freeze, claim_refused, claimed, confirmed
from support.ownership import refused, sent, visit
from support.serving import serving
from support.stories import Account, Bundle, Office, company, papers, passport

from infra.ids import new_id
from infra.postgres import Cluster

SHOP = "Example Shop Ltd"
CLAIMANT = "Ben Example"
COURT = {"authority": "court", "reference": "12 O 345/26", "review_at": "2099-01-01T00:00:00Z"}


@pytest.fixture(scope="module")
def office(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    place = tmp_path_factory.mktemp("stories")
    with databases.fresh(cluster) as database:
        settings = database.settings(place, identity_role_seconds=0, identity_waiting_seconds=0)
        with serving(settings) as served:
            yield Office(served, place)


@pytest.fixture
def shop(office: Office) -> Account:
    """The contract of an organisation for which Ada acts."""
    return office.registered("legal_entity", {"organisation": company(SHOP, "Ada Example")})


@pytest.fixture
def ada(office: Office) -> Account:
    """The contract of a person."""
    return office.registered("individual", {"passport": passport("Ada Example")})


def holds(bundle: Bundle, *said: str) -> None:
    """Hold that outsiders find all of it there and unchanged, and that page one says this."""
    assert (bundle.report["ok"], bundle.report["complete"]) == (True, True)
    assert bundle.report["events"]["altered"] == 0
    for words in said:
        assert words in bundle.page_one


def test_the_programmer_who_was_not_paid_stops_nothing(office: Office, shop: Account) -> None:
    programmer = office.named(shop, CLAIMANT)
    call = office.called("I built the site and was not paid. Cut it off.")
    dispute = office.dispute("unpaid_contractor", call, shop)
    claim = claimed(dispute, wish="stop_service", name=CLAIMANT)["claim"]
    claim_refused(dispute, claim, "support_does_not_investigate")
    alone = a_freeze(ground="several_claimants")
    assert refused(dispute.try_by(office.served.tokens[HANDLER], "freeze", alone)) == (
        "freeze-grounded"
    )
    sent(office.served, HANDLER, dispute.ask("tell", {"means": "portal"}))
    (told,) = office.notices(shop)
    assert CLAIMANT not in told
    office.revoked(shop, programmer)
    assert office.rights(shop) == {programmer: []}
    assert dispute.read()["suspension"] is None
    bundle = office.decided(dispute)
    holds(bundle, SHOP, "when the contract was registered", "Who is in the right is for a court")
    assert CLAIMANT not in bundle.page_one


def test_the_manager_leaves_and_the_organisation_stays_holder(
    office: Office, shop: Account
) -> None:
    office.authority_ended(shop, "left")
    dispute = office.dispute("departed_manager", office.called("Only I have the access."), shop)
    claim = claimed(dispute, claimant=shop.representative, capacity="representative")["claim"]
    uphold = dispute.try_by(office.served.tokens[HANDLER], f"claims/{claim}/uphold")
    assert refused(uphold) == "claim-unproved"
    claim_refused(dispute, claim, "authority_unproven")
    successor = str(new_id())
    office.changed(
        shop,
        [visit(successor), papers(successor, shop, "representative")],
        kind="representative",
        capacity="representative",
        applicant=successor,
        holders=[
            {
                "id": shop.holder,
                "category": "legal_entity",
                "document": {"organisation": company(SHOP, "Cleo Example")},
            }
        ],
    )
    versions = office.identity(shop.number)["versions"]
    assert [one["holders"][0]["id"] for one in versions] == [shop.holder] * 2
    bundle = office.decided(dispute)
    holds(bundle, SHOP, "A verified change of the identity data: version 2", "Nobody acts for")


def test_colleagues_get_nothing_when_the_owner_dies_and_the_heir_gets_it_by_order(
    office: Office, ada: Account
) -> None:
    dispute = office.dispute("deceased_holder", office.called("We need her servers."), ada)
    for colleague in (CLAIMANT, "Rita Example"):
        claim = claimed(dispute, capacity="legal_successor", wish="transfer", name=colleague)
        claim_refused(dispute, claim["claim"], "authority_unproven")
    doubt = {"holder": ada.holder, "kind": "deceased", "basis": "Death certificate seen."}
    office.do("supervisor", f"{ada.path}/doubts", doubt | {"case": dispute.id})
    confirmed(dispute)
    before = office.bundle(dispute)
    holds(before, "Undetermined", "A holder is said to have died", "things stay as they are")
    order = office.ordered(ada, source="notary", effect="transfer")
    heir = str(new_id())
    office.changed(
        ada,
        [visit(heir)],
        kind="transfer",
        capacity="heir",
        applicant=heir,
        orders=[order],
        dispute=dispute.id,
        contacts=[{"kind": "mail", "value": "hana@example.net"}],
        holders=[
            {
                "id": heir,
                "category": "individual",
                "document": {"passport": passport("Hana Example")},
            }
        ],
    )
    bundle = office.decided(dispute, "ordered")
    holds(bundle, "Hana Example", "A verified change of the identity data: version 2")
    assert "Undetermined" not in bundle.page_one
    then = office.case_file(dispute, as_of_position=before.position)
    now = office.case_file(dispute)
    assert (then["holder"]["determined"], now["holder"]["determined"]) == (False, True)


def test_raiders_change_nothing_and_the_service_goes_on(office: Office, shop: Account) -> None:
    dispute = office.dispute("takeover", office.called("We are the new directors."), shop)
    raiders = [
        claimed(dispute, wish="transfer", name=f"Raider {n}", capacity="representative")
        for n in range(3)
    ]
    dispute.do("freeze", a_freeze(ground="several_claimants"))
    sent(office.served, HANDLER, dispute.ask("hold", COURT))
    doubt = {"holder": shop.holder, "kind": "conflicting_extracts", "basis": "Two extracts."}
    doubted = office.do("supervisor", f"{shop.path}/doubts", doubt | {"case": dispute.id})
    for made in raiders:
        claim_refused(dispute, made["claim"], "authority_unproven")
    person = {"name": CLAIMANT, "rights": ["read"]}
    assert refused(office.served.post("agent", f"{shop.path}/persons", person)) == "contract-frozen"
    assert office.ticket(shop.number)
    signals = office.served.get(HANDLER, f"{shop.path}/signals").json()["signals"]
    assert {one["kind"] for one in signals} >= {"many_claimants", "repeated_refusals"}
    confirmed(dispute)
    holds(office.bundle(dispute), "Undetermined", "Extracts from registers contradict each other")
    order = office.ordered(shop, source="court", effect="other")
    settled = {"settlement": "order", "reason": "The court decided.", "order": order}
    version = office.version(shop)
    office.do("supervisor", f"{shop.path}/doubts/{doubted['doubt']}/settle", settled, version)
    bundle = office.decided(dispute, "ordered")
    holds(bundle, SHOP, "when the contract was registered")
    assert dispute.read()["freeze"] is None
    office.do("agent", f"{shop.path}/persons", person)


def test_who_was_robbed_of_the_password_gets_the_account_back(office: Office, ada: Account) -> None:
    thief = office.named(ada, CLAIMANT)
    body = {"ticket": ada.ticket, "capacity": "in_person", "words": "My password was stolen."}
    case = f"{ada.path}/recoveries"
    made = office.do("agent", case, body)
    case = f"{case}/{made['id']}"
    made = office.do("agent", f"{case}/suspend", {}, made["version"])
    made = office.do("service", f"{case}/confirm", {"act": "suspend_access"})
    made = office.do("agent", f"{case}/checks", visit(ada.holder))
    restore = {"person": ada.holder, "name": "Ada Example"}
    office.do(HANDLER, f"{case}/restore", restore, made["version"])
    for act in ("restore_access", "revoke_other_access"):
        office.do("service", f"{case}/confirm", {"act": act})
    assert office.rights(ada) == {thief: [], ada.holder: ["read", "write", "manage_persons"]}
    dispute = office.dispute("stolen_credentials", office.called("It is my account."), ada)
    claim = claimed(dispute, claimant=thief, name=CLAIMANT)["claim"]
    claim_refused(dispute, claim, "no_identity_shown")
    bundle = office.decided(dispute)
    holds(bundle, "Ada Example", "when the contract was registered", "showed no document")
