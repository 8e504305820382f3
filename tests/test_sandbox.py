"""What a tenant does: create, read, list, change, delete, act; the manual of the sandbox."""

from __future__ import annotations

from decimal import Decimal

import pytest

from dynzuora.operation import load
from tests.generated import body_for
from tests.sandbox_tenant import Tenant, numbered

HOME = "5e0a1c2b3d4f46578a9b0c1d2e3f4051"
EUROPE = "7b1d2c3e4f5a46698c7d8e9f0a1b2c3d"


@pytest.fixture
def tenant() -> Tenant:
    return Tenant()


@pytest.fixture(scope="module")
def document():
    return load("2020-12-10")


# --- sequence sets ----------------------------------------------------------------------


def test_two_sequence_sets_are_created_listed_changed_and_deleted(tenant):
    body = {"sequenceSets": [numbered("IT"), numbered("PL")]}
    created = tenant.value("POST", "/v1/sequence-sets", json=body)
    first, second = created["sequenceSets"]
    assert (created["success"], first["name"], len(first["id"])) == (True, "IT", 32)
    names = [each["name"] for each in tenant.value("GET", "/v1/sequence-sets")["sequenceSets"]]
    assert names == ["DEFAULT", "FR", "IT", "PL"]

    change = {"name": "ITA", "invoice": {"startNumber": 100}, "payment": {"prefix": "ITA-P-"}}
    assert tenant.value("PUT", f"/v1/sequence-sets/{first['id']}", json=change) == {"success": True}
    changed = tenant.value("GET", f"/v1/sequence-sets/{first['id']}")
    assert changed["name"] == "ITA"
    assert changed["invoice"] == {"prefix": "invoice", "startNumber": 100}
    assert changed["payment"] == {"prefix": "ITA-P-", "startNumber": 5}
    assert changed["refund"] == first["refund"]

    assert tenant.value("DELETE", f"/v1/sequence-sets/{second['id']}") == {"success": True}
    assert tenant.get(f"/v1/sequence-sets/{second['id']}").status_code == 404
    names = [each["name"] for each in tenant.value("GET", "/v1/sequence-sets")["sequenceSets"]]
    assert names == ["DEFAULT", "FR", "ITA"]


def test_sequence_sets_are_listed_by_page_and_by_name(tenant):
    pages = [tenant.value("GET", f"/v1/sequence-sets?pageSize=1&page={page}") for page in (1, 2, 3)]
    assert [[each["name"] for each in page["sequenceSets"]] for page in pages] == [["DEFAULT"], ["FR"], []]
    assert "nextPage" not in pages[0]
    [only] = tenant.value("GET", "/v1/sequence-sets?name=FR")["sequenceSets"]
    assert only["invoice"]["prefix"] == "FINV"
    assert tenant.value("GET", "/v1/sequence-sets?name=XX")["sequenceSets"] == []


def test_an_update_without_a_body_changes_nothing(tenant):
    [before] = tenant.value("GET", "/v1/sequence-sets?name=FR")["sequenceSets"]
    assert tenant.value("PUT", f"/v1/sequence-sets/{before['id']}") == {"success": True}
    assert tenant.value("GET", f"/v1/sequence-sets/{before['id']}") == before


def test_every_sequence_set_operation_takes_entity_and_track_id(tenant):
    headers = {"Zuora-Entity-Ids": EUROPE, "Zuora-Track-Id": "run 7"}
    made = tenant.post("/v1/sequence-sets", json={"sequenceSets": [numbered("NL")]}, headers=headers)
    path = f"/v1/sequence-sets/{made.json()['sequenceSets'][0]['id']}"
    answers = [
        made,
        tenant.get("/v1/sequence-sets", headers=headers),
        tenant.get(path, headers=headers),
        tenant.put(path, json={"name": "NLD"}, headers=headers),
        tenant.delete(path, headers=headers),
    ]
    assert [each.headers["Zuora-Track-Id"] for each in answers] == ["run 7"] * 5
    assert [each.status_code for each in answers] == [200] * 5
    assert [each["name"] for each in answers[1].json()["sequenceSets"]] == ["DEFAULT", "NL"]


def test_more_than_a_hundred_sequence_sets_in_one_request_are_refused(tenant):
    body = {"sequenceSets": [numbered(f"S{number}") for number in range(101)]}
    answer = tenant.post("/v1/sequence-sets", json=body)
    assert (answer.status_code, answer.json()["success"]) == (400, False)
    assert "100" in answer.json()["reasons"][0]["message"]


# --- entities and their connections -----------------------------------------------------


def as_entity(identifier):
    return {"headers": {"Zuora-Entity-Ids": identifier}}


def connections(tenant, entity, kind=""):
    path = f"/v1/entity-connections?type={kind}" if kind else "/v1/entity-connections"
    return tenant.value("GET", path, **as_entity(entity))["entityConnections"]


def test_a_connection_is_requested_by_one_entity_and_accepted_by_the_other(tenant):
    request = tenant.value(
        "POST", "/v1/entity-connections", json={"targetEntityId": EUROPE}, **as_entity(HOME)
    )
    wanted = {"id": request["id"], "sourceEntityId": HOME, "targetEntityId": EUROPE}
    assert connections(tenant, EUROPE, "inbound") == [{**wanted, "status": "Pending"}]
    accepted = tenant.value("PUT", f"/v1/entity-connections/{request['id']}/accept", **as_entity(EUROPE))
    assert accepted == {"success": True}
    assert connections(tenant, EUROPE, "inbound") == [{**wanted, "status": "Connected"}]
    assert connections(tenant, HOME, "outbound") == [{**wanted, "status": "Connected"}]


def test_a_connection_can_be_denied_and_an_accepted_one_disconnected(tenant):
    made = tenant.value("POST", "/v1/entity-connections", json={"targetEntityId": EUROPE}, **as_entity(HOME))
    tenant.value("PUT", f"/v1/entity-connections/{made['id']}/deny", **as_entity(EUROPE))
    assert connections(tenant, EUROPE, "inbound")[0]["status"] == "Disconnected"
    [standing] = connections(tenant, HOME, "inbound")
    tenant.value("PUT", f"/v1/entity-connections/{standing['id']}/disconnect", **as_entity(HOME))
    assert connections(tenant, HOME, "inbound")[0]["status"] == "Disconnected"


def test_only_the_target_accepts_and_only_what_is_pending(tenant):
    made = tenant.value("POST", "/v1/entity-connections", json={"targetEntityId": EUROPE}, **as_entity(HOME))
    path = f"/v1/entity-connections/{made['id']}/accept"
    assert tenant.put(path, **as_entity(HOME)).json()["reasons"][0]["code"] == 50000030
    tenant.value("PUT", path, **as_entity(EUROPE))
    again = tenant.put(path, **as_entity(EUROPE))
    assert "it must be Pending" in again.json()["reasons"][0]["message"]


def test_connections_come_inbound_outbound_or_both_and_by_page(tenant):
    tenant.value("POST", "/v1/entity-connections", json={"targetEntityId": EUROPE}, **as_entity(HOME))
    kinds = ("", "inbound", "outbound")
    assert [len(connections(tenant, HOME, kind)) for kind in kinds] == [2, 1, 1]
    page = tenant.value("GET", "/v1/entity-connections?pageSize=1", **as_entity(HOME))
    assert len(page["entityConnections"]) == 1
    assert page["nextPage"] == "https://sandbox.invalid/v1/entity-connections?pageSize=1&page=2"
    assert tenant.get("/v1/entity-connections?type=sideways").status_code == 400


def test_each_entity_has_its_own_books_and_ids_that_never_change(tenant):
    home = tenant.value("GET", "/v1/accounts/A00000001", **as_entity(HOME))["basicInfo"]
    europe = tenant.value("GET", "/v1/accounts/A00000001", **as_entity(EUROPE))["basicInfo"]
    assert (home["name"], europe["name"]) == ("Amber Orchard Ltd", "Driftwood Lantern SAS")
    again = Tenant().value("GET", "/v1/accounts/A00000001")["basicInfo"]
    assert again == home


@pytest.mark.parametrize("spelling", [EUROPE, "7b1d2c3e-4f5a-4669-8c7d-8e9f0a1b2c3d"], ids=["hex", "uuid"])
def test_an_entity_is_named_with_or_without_dashes(tenant, spelling):
    [only] = tenant.value("GET", "/v1/sequence-sets", **as_entity(spelling))["sequenceSets"]
    assert only["invoice"]["prefix"] == "EU-INV"


def test_an_entity_the_tenant_does_not_have_is_refused_and_the_known_ones_named(tenant):
    answer = tenant.get("/v1/sequence-sets", **as_entity("0" * 32))
    assert answer.status_code == 403
    assert HOME in answer.json()["reasons"][0]["message"]


# --- the books belong together ----------------------------------------------------------


def test_an_account_leads_to_its_subscriptions_invoices_items_files_and_payments(tenant):
    [first, second] = tenant.value("GET", "/v1/subscriptions/accounts/A00000001")["subscriptions"]
    assert (first["subscriptionNumber"], second["accountName"]) == ("A-S00000001", "Amber Orchard Ltd")
    invoices = tenant.value("GET", "/v1/transactions/invoices/accounts/A00000001")["invoices"]
    assert [each["invoiceNumber"] for each in invoices] == ["INV00000001", "INV00000002", "INV00000003"]
    items = tenant.value("GET", invoices[2]["invoiceItems"])["invoiceItems"]
    assert sum(Decimal(each["chargeAmount"]) for each in items) == Decimal(invoices[2]["amount"])
    [file] = tenant.value("GET", invoices[2]["invoiceFiles"])["invoiceFiles"]
    assert tenant.get(file["pdfFileUrl"]).content.startswith(b"%PDF-1.4")
    payments = tenant.value("GET", "/v1/transactions/payments/accounts/A00000001")["payments"]
    assert payments[0]["paidInvoices"][0]["invoiceId"] == invoices[0]["id"]


def test_an_id_and_a_number_name_the_same_object(tenant):
    by_number = tenant.value("GET", "/v1/accounts/A00000001")
    assert tenant.value("GET", f"/v1/accounts/{by_number['basicInfo']['id']}") == by_number


def test_modern_and_crud_paths_show_one_object_in_their_own_casing(tenant):
    account = tenant.value("GET", "/v1/accounts/A00000001")["basicInfo"]
    crud = tenant.value("GET", f"/v1/object/account/{account['id']}")
    assert (crud["Name"], crud["AccountNumber"]) == (account["name"], account["accountNumber"])
    change = {"Name": "Amber Orchard & Daughters"}
    assert tenant.value("PUT", f"/v1/object/account/{account['id']}", json=change)["Success"] is True
    assert tenant.value("GET", "/v1/accounts/A00000001")["basicInfo"]["name"] == "Amber Orchard & Daughters"


def test_fields_narrows_a_crud_object(tenant):
    crud = tenant.value("GET", "/v1/object/account/A00000001?fields=Name,Currency")
    assert crud.keys() == {"Id", "Name", "Currency"}


def test_a_key_with_a_slash_stays_one_segment(tenant):
    body = {
        "accountKey": "A00000001",
        "subscriptionNumber": "A-S/1",
        "termType": "TERMED",
        "initialTerm": 12,
        "renewalTerm": 12,
        "contractEffectiveDate": "2026-01-01",
        "subscribeToRatePlans": [{"productRatePlanId": "none"}],
    }
    assert tenant.value("POST", "/v1/subscriptions", json=body)["subscriptionNumber"] == "A-S/1"
    found = tenant.value("GET", "/v1/subscriptions/A-S%2F1")
    assert (found["subscriptionNumber"], found["accountNumber"]) == ("A-S/1", "A00000001")


def test_an_order_makes_an_account_and_a_subscription(tenant):
    plan = tenant.value("GET", "/v1/rateplan/SKU-00000001/productRatePlan")["productRatePlans"][0]
    detail = {
        "terms": {
            "initialTerm": {
                "period": 6,
                "periodType": "Month",
                "startDate": "2026-01-05",
                "termType": "TERMED",
            },
            "renewalSetting": "RENEW_WITH_SPECIFIC_TERM",
            "renewalTerms": [{"period": 6, "periodType": "Month"}],
        },
        "subscribeToRatePlans": [{"productRatePlanId": plan["id"]}],
    }
    action = {
        "type": "CreateSubscription",
        "triggerDates": [{"name": "ContractEffective", "triggerDate": "2026-01-05"}],
        "createSubscription": detail,
    }
    contact = {"firstName": "Elsa", "lastName": "Birch", "country": "France"}
    new = {"name": "Elm Press", "currency": "USD", "billCycleDay": 1, "billToContact": contact}
    body = {"orderDate": "2026-01-05", "newAccount": new, "subscriptions": [{"orderActions": [action]}]}
    order = tenant.value("POST", "/v1/orders", json=body)
    [subscription] = order["subscriptions"]
    account = tenant.value("GET", f"/v1/accounts/{order['accountNumber']}")
    assert (account["basicInfo"]["name"], account["billToContact"]["firstName"]) == ("Elm Press", "Elsa")
    found = tenant.value("GET", f"/v1/subscriptions/{subscription['subscriptionNumber']}")
    assert (found["termEndDate"], found["ratePlans"][0]["productName"]) == ("2026-07-05", "Honeycomb Storage")
    [listed] = tenant.value("GET", f"/v1/orders/invoiceOwner/{order['accountNumber']}")["orders"]
    assert listed["orderNumber"] == order["orderNumber"]


def test_an_applied_credit_memo_lowers_the_balance_of_its_invoice(tenant):
    invoice = tenant.value("GET", "/v1/transactions/invoices/accounts/A00000001")["invoices"][1]
    line = {"amount": 10.10, "invoiceItemId": "x", "skuName": "Comb fee"}
    memo = tenant.value("POST", f"/v1/invoices/{invoice['id']}/creditmemos", json={"items": [line]})
    assert (memo["status"], memo["amount"], memo["number"]) == ("Draft", Decimal("10.10"), "CM00000002")
    assert tenant.value("PUT", f"/v1/creditmemos/{memo['id']}/post")["status"] == "Posted"
    apply = {"invoices": [{"invoiceId": invoice["id"], "amount": 10.10}]}
    applied = tenant.value("PUT", f"/v1/creditmemos/{memo['id']}/apply", json=apply)
    assert (applied["appliedAmount"], applied["unappliedAmount"]) == (Decimal("10.10"), 0)
    crud = tenant.value("GET", f"/v1/object/invoice/{invoice['id']}")
    assert crud["Balance"] == Decimal("38.90")
    [part] = tenant.value("GET", f"/v1/creditmemos/{memo['id']}/parts")["parts"]
    assert part["invoiceId"] == invoice["id"]


NOT_THERE = "f" * 32
PAYMENT = "3a4c00446775f8c19a13ade52bdc0ab1"  # P-00000003, of which 49 are applied and 11 are not
OPEN, PAID = "8c6faa1d1e04213c09aebfe64e28053c", "20aef60ed8d0e9154739f9916c69ea60"  # 49 open, nothing open
DEBIT_MEMO = "2d91cc58b0101cfb6ae4ff67c91cc74c"  # 15 open


def lines(invoice="", amount=0, debit_memo="", more=0):
    """What is applied: an ``amount`` to an invoice, and ``more`` to a debit memo."""
    body = {"invoices": [{"invoiceId": invoice, "amount": amount}]} if amount else {}
    return body | ({"debitMemos": [{"debitMemoId": debit_memo, "amount": more}]} if more else {})


@pytest.mark.parametrize(
    ("verb", "body", "status", "message"),
    [
        ("apply", lines(NOT_THERE, 5), 404, f"There is no invoice '{NOT_THERE}'."),
        ("apply", lines(debit_memo=NOT_THERE, more=5), 404, f"There is no debitmemo '{NOT_THERE}'."),
        ("apply", lines("", 5), 400, "invoiceId is required."),
        ("apply", lines(OPEN, -5), 400, "amount must not be negative, but is -5."),
        ("apply", lines(OPEN, 12), 400, "Only 11.00 of 12 is unapplied."),
        ("apply", lines(OPEN, 6, DEBIT_MEMO, 6), 400, "Only 11.00 of 12 is unapplied."),
        ("apply", lines(PAID, 1), 400, "Only 0 of 1 is open at INV00000004."),
        ("unapply", lines(PAID, 50), 400, "Only 49.00 of 50 is applied."),
        ("unapply", lines(OPEN, 1), 400, "Only 0.00 of 1 is applied at INV00000002."),
    ],
    ids=[
        "no such invoice", "no such debit memo", "no key", "less than nothing", "more than is unapplied",
        "together more than is unapplied", "more than is open", "more than is applied", "never applied there",
    ],
)  # fmt: skip
def test_money_that_is_not_there_is_not_moved(tenant, verb, body, status, message):
    before = tenant.value("GET", f"/v1/payments/{PAYMENT}")
    answer = tenant.put(f"/v1/payments/{PAYMENT}/{verb}", json=body)
    assert (answer.status_code, answer.json()["reasons"][0]["message"]) == (status, message)
    assert tenant.value("GET", f"/v1/payments/{PAYMENT}") == before


def test_money_goes_to_a_debit_memo_and_back(tenant):
    body = lines(debit_memo=DEBIT_MEMO, more=10)
    memo = tenant.sandbox.store.find("debitmemo", DEBIT_MEMO)
    applied = tenant.value("PUT", f"/v1/payments/{PAYMENT}/apply", json=body)
    assert (applied["unappliedAmount"], memo.value("balance")) == (1, 5)
    back = tenant.value("PUT", f"/v1/payments/{PAYMENT}/unapply", json=body)
    assert (back["unappliedAmount"], memo.value("balance")) == (11, 15)


def test_money_goes_to_an_invoice_by_its_number(tenant):
    body = {"invoices": [{"invoiceNumber": "INV00000002", "amount": 1}]}
    applied = tenant.value("PUT", f"/v1/payments/{PAYMENT}/apply", json=body)
    balance = tenant.sandbox.store.find("invoice", OPEN).value("balance")
    assert (applied["unappliedAmount"], balance) == (10, 48)


def test_a_payment_of_more_than_it_has_is_not_made(tenant):
    body = {"amount": 11, "currency": "USD", "effectiveDate": "2026-01-05", "type": "External"}
    count = len(tenant.sandbox.store.records("payment"))
    answer = tenant.post("/v1/payments", json=body | lines(OPEN, 12))
    assert answer.json()["reasons"][0]["message"] == "Only 11 of 12 is unapplied."
    assert len(tenant.sandbox.store.records("payment")) == count


@pytest.mark.parametrize(
    ("amount", "answer"), [(11, 200), (12, 400)], ids=["all that is unapplied", "more than is unapplied"]
)
def test_no_more_is_refunded_than_is_unapplied(tenant, amount, answer):
    body = {"totalAmount": amount, "type": "External", "methodType": "Cash"}
    assert tenant.post(f"/v1/payments/{PAYMENT}/refunds", json=body).status_code == answer
    payment = tenant.sandbox.store.find("payment", PAYMENT)
    assert payment.value("unappliedamount") + payment.value("refundamount") == 11


def test_a_refund_of_the_documents_own_payment_is_answered(tenant):
    operation = tenant.sandbox.document.operations["POST_RefundPayment"]
    example = next(iter(tenant.sandbox._endpoint(operation.id).stand_ins["paymentId"]))
    assert tenant.post(f"/v1/payments/{example}/refunds", json=operation.template()).ok
    assert {each.value("unappliedamount") for each in tenant.sandbox.store.records("payment")} == {0, 11}


def test_an_invoice_that_nobody_rated_takes_what_is_applied_to_it(tenant):
    made = tenant.sandbox.store.add("invoice", {"accountNumber": "A00000002"})
    applied = tenant.value("PUT", f"/v1/payments/{PAYMENT}/apply", json=lines(made.id, 11))
    assert (applied["unappliedAmount"], made.value("balance")) == (0, 0)


def test_the_documents_own_keys_move_no_money(tenant):
    operation = tenant.sandbox.document.operations["PUT_ApplyPayment"]
    body = operation.template()
    before = tenant.value("GET", f"/v1/payments/{PAYMENT}")
    assert tenant.value("PUT", f"/v1/payments/{PAYMENT}/apply", json=body) == before


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("cancel", {"cancellationPolicy": "EndOfCurrentTerm"}, "Cancelled"),
        ("suspend", {"suspendPolicy": "Today"}, "Suspended"),
        ("resume", {"resumePolicy": "Today"}, "Active"),
        ("renew", {}, "Active"),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_action_verbs_change_a_subscription(tenant, path, body, status):
    if path == "resume":
        tenant.value("PUT", "/v1/subscriptions/A-S00000001/suspend", json={"suspendPolicy": "Today"})
    tenant.value("PUT", f"/v1/subscriptions/A-S00000001/{path}", json=body)
    assert tenant.value("GET", "/v1/subscriptions/A-S00000001")["status"] == status


@pytest.mark.parametrize(
    ("verb", "status"),
    [("close", "Closed"), ("pending-close", "PendingClose"), ("reopen", "Open")],
    ids=lambda value: value,
)
def test_action_verbs_change_an_accounting_period(tenant, verb, status):
    period = tenant.value("GET", "/v1/accounting-periods")["accountingPeriods"][1]
    tenant.value("PUT", f"/v1/accounting-periods/{period['id']}/{verb}")
    assert tenant.value("GET", f"/v1/accounting-periods/{period['id']}")["status"] == status


def test_null_clears_and_custom_fields_stay(tenant):
    tenant.value("PUT", "/v1/accounts/A00000001", json={"crmId": None, "Region__c": "North"})
    basic = tenant.value("GET", "/v1/accounts/A00000001")
    assert "crmId" not in basic["basicInfo"]
    assert basic["Region__c"] == "North"


def test_free_form_objects_keep_their_lists_and_objects(tenant):
    rule = {"weights": [1, 2], "by": {"size": ["s", "m"]}}
    order = {"orderDate": "2026-01-05", "existingAccountNumber": "A00000001", "subscriptions": []}
    made = tenant.value("POST", "/v1/orders", json={**order, "customFields": {"Rule__c": rule}})
    kept = tenant.value("GET", f"/v1/orders/{made['orderNumber']}")["order"]["customFields"]
    assert kept == {"Rule__c": rule}


def test_a_custom_object_definition_is_found_by_its_name(tenant):
    body = {
        "object": "crate",
        "label": "Crate",
        "properties": {"weight__c": {"type": "number", "label": "kg"}},
    }
    made = tenant.value("POST", "/objects/definitions/default", json=body)
    assert tenant.value("GET", "/objects/definitions/default/crate")["Id"] == made["Id"]
    everything = tenant.value("GET", "/objects/definitions/default")
    assert everything["definitions"]["crate"]["schema"]["properties"] == body["properties"]
    assert everything["count"] == 1
    tenant.value("DELETE", "/objects/definitions/default/crate")
    assert tenant.get("/objects/definitions/default/crate").status_code == 404


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PUT", "/v1/object/payment-method/{id}", {}),
        ("POST", "/v1/action/update", {"type": "PaymentMethod"}),
    ],
    ids=["CRUD", "Action"],
)
def test_card_numbers_are_masked_and_security_codes_forgotten_in_changes(tenant, method, path, body):
    [known, *_] = tenant.sandbox.store.records("paymentmethod")
    secret = {"CreditCardNumber": "4111111111111234", "creditCardSecurityCODE": "737"}
    changed = {**body, "objects": [{"Id": known.id, **secret}]} if body else secret
    tenant.value(method, path.format(id=known.id), json=changed)
    assert known["CreditCardNumber"] == "************1234"
    assert "CreditCardSecurityCode" not in known


def test_card_numbers_are_masked_and_security_codes_forgotten(tenant):
    card = {
        "accountKey": "A00000001",
        "creditCardNumber": "4111111111111234",
        "creditCardType": "Visa",
        "expirationMonth": "10",
        "expirationYear": "2031",
        "securityCode": "737",
    }
    made = tenant.value("POST", "/v1/payment-methods/credit-cards", json=card)
    kept = str(dict(tenant.sandbox.store.find("paymentmethod", made["paymentMethodId"])))
    assert "************1234" in kept
    assert "4111111111111234" not in kept and "737" not in kept


# --- the 27 families --------------------------------------------------------------------


FAMILIES = [
    ("/events/event-triggers", "id"),
    ("/notifications/email-templates", "id"),
    ("/notifications/notification-definitions", "id"),
    ("/objects/records/default/{object}", "Id"),
    ("/v1/accounting-codes", "id"),
    ("/v1/accounting-periods", "id"),
    ("/v1/attachments", "id"),
    ("/v1/creditmemos", "id"),
    ("/v1/debitmemos", "id"),
    ("/v1/entities", "id"),
    *((f"/v1/object/{name}", "Id") for name in (
        "account", "bill-run", "contact", "feature", "invoice-adjustment", "payment-method", "payment",
        "product-rate-plan-charge", "product-rate-plan", "product", "refund", "taxation-item",
        "unit-of-measure", "usage",
    )),
    ("/v1/payment-runs", "id"),
    ("/v1/payments", "id"),
    ("/v1/sequence-sets", "id"),
]  # fmt: skip


def is_update(operation, collection):
    """Whether the operation changes one object of the collection."""
    head, _, key = operation.path.rpartition("/")
    return operation.method == "PUT" and head == collection and key.startswith("{")


@pytest.mark.parametrize(("collection", "id_field"), FAMILIES, ids=lambda value: value.strip("/"))
def test_each_of_the_27_families_keeps_what_is_created_until_it_is_deleted(tenant, collection, id_field):
    by_route = {(each.method, each.path): each for each in tenant.sandbox.document.operations.values()}
    create = by_route["POST", collection]
    body = body_for(create)
    path = collection.replace("{object}", "ticket")
    if create.media_type == "multipart/form-data":
        query = {"associatedObjectType": "Account", "associatedObjectKey": "A00000001"}
        made = tenant.value("POST", path, params=query, files={"file": ("a.pdf", b"%PDF")})
    else:
        made = tenant.value("POST", path, json=body)
    for batch in (each for each in made.values() if isinstance(each, list)):
        made = batch[0]
    identifier = made.get("id") or made["Id"]
    item = f"{path}/{identifier}"
    assert tenant.value("GET", item)[id_field] == identifier
    update = next((each for each in by_route.values() if is_update(each, collection)), None)
    if update is not None:
        assert tenant.put(item, json=body_for(update)).ok
    if any(
        method == "PUT" and path.endswith("}/cancel") and path.startswith(f"{collection}/{{")
        for method, path in by_route
    ):
        assert tenant.put(f"{item}/cancel", json={}).ok
    assert tenant.delete(item).ok
    assert tenant.get(item).status_code == 404
