"""What a tenant does: create, read, list, change, delete, act; the manual of the sandbox."""

from __future__ import annotations

import contextlib
from decimal import Decimal

import pytest

import dynzuora
from dynzuora import errors
from dynzuora._routing import Router
from dynzuora.document.prepared import Prepared
from dynzuora.operation import load
from dynzuora.sandbox import Sandbox, families, rules
from tests.documents import body_of, operation
from tests.documents import document as small
from tests.generated import body_for
from tests.sandbox_tenant import Tenant

HOME = "5e0a1c2b3d4f46578a9b0c1d2e3f4051"
EUROPE = "7b1d2c3e4f5a46698c7d8e9f0a1b2c3d"


@pytest.fixture
def tenant() -> Tenant:
    return Tenant()


@pytest.fixture(scope="module")
def document():
    return load("2020-12-10")


def numbered(name, prefix=""):
    """Return a sequence set with every container a request must have."""
    kinds = ("invoice", "creditMemo", "debitMemo", "payment", "refund")
    return {"name": name, **{kind: {"prefix": f"{prefix}{kind}", "startNumber": 5} for kind in kinds}}


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


# --- refusals ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "body"),
    [
        (
            "/v1/accounts/nope",
            {
                "success": False,
                "processId": "5A4D0B0C00000000",
                "reasons": [{"code": 50000040, "message": "There is no account 'nope'."}],
            },
        ),
        ("/v1/object/account/nope", {"done": True, "records": [], "size": 0}),
        (
            "/events/event-triggers/nope",
            {"reasons": [{"code": "ObjectNotFound", "message": "There is no eventtrigger 'nope'."}]},
        ),
        ("/query/jobs/nope", {"code": 1001, "message": "There is no dataquery 'nope'."}),
        (
            "/workflows/77",
            {"errors": [{"code": "40", "status": "404", "title": "There is no workflow '77'."}]},
        ),
        ("/v1/nowhere", {"message": "There is no /v1/nowhere in this document."}),
    ],
    ids=["E1", "E9", "E4", "E5", "E8", "E7"],
)
def test_an_unknown_id_is_a_404_in_the_shape_of_its_family(tenant, path, body):
    answer = tenant.get(path)
    assert (answer.status_code, answer.json()) == (404, body)


def test_every_fault_of_a_request_is_named_at_once(tenant):
    body = {"name": 5, "billToContact": {}, "autoPay": "perhaps"}
    answer = tenant.post("/v1/accounts", json=body)
    assert answer.status_code == 400
    messages = [each["message"] for each in answer.json()["reasons"]]
    assert len(messages) >= 3
    assert any("currency" in each and "required" in each for each in messages)
    assert any("autoPay" in each for each in messages)
    assert {each["code"] for each in answer.json()["reasons"]} == {50000020, 50000022}


@pytest.mark.parametrize(
    ("sent", "message"),
    [
        ('{"n":5}', "filter.n: is 5; allowed: 3 or less."),
        ("x", "filter: expected an object, got a string of 1 character."),
    ],
    ids=["above the limit", "no JSON"],
)
def test_a_parameter_that_is_json_is_checked_like_any_other(sent, message):
    schema = {"type": "object", "properties": {"n": {"type": "integer", "maximum": 3}}}
    parameter = {"name": "filter", "in": "query", "content": {"application/json": {"schema": schema}}}
    tenant = Tenant(small({"/things": {"get": operation("GET_Things", parameter)}}))
    reasons = tenant.get("/things", params={"filter": sent}).json()["reasons"]
    assert reasons == [{"code": 50000027, "message": message}]


def test_a_crud_refusal_has_errors_in_capitals(tenant):
    answer = tenant.post("/v1/object/account", json={})
    assert (answer.status_code, answer.json()["Success"]) == (400, False)
    assert answer.json()["Errors"][0]["Code"] == "MISSING_REQUIRED_VALUE"


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/v1/action/create", {"type": "Account", "objects": [None]}),
        ("POST", "/v1/action/update", {"type": "Account", "objects": [None]}),
        ("POST", "/v1/orders", {"orderDate": "2026-01-05", "subscriptions": [None]}),
        ("PUT", "/v1/payments/P-00000001/apply", {"invoices": [None], "debitMemos": None}),
        ("POST", "/objects/batch/default/crate", {"action": None}),
    ],
    ids=lambda value: value if str(value).startswith("/") else None,
)
def test_nulls_where_nobody_expects_them_break_nothing(tenant, method, path, body):
    assert tenant.request(method, path, json=body).status_code in (200, 400)


def test_unknown_fields_are_dropped_silently_unless_the_caller_objects(tenant):
    body = {
        "UomName": "Crate",
        "DisplayedAs": "Crate",
        "DecimalPlaces": 0,
        "RoundingMode": "UP",
        "Colour": "red",
    }
    body["Active"] = True
    assert tenant.post("/v1/object/unit-of-measure", json=body).ok
    answer = tenant.post("/v1/object/unit-of-measure?rejectUnknownFields=true", json=body)
    assert (answer.status_code, answer.json()) == (400, {"message": "unrecognised fields: body.Colour"})


@pytest.mark.parametrize(
    ("options", "status", "code"),
    [
        ({"data": b"{", "headers": {"Content-Type": "application/json"}}, 400, 50000090),
        ({"data": b"<a/>", "headers": {"Content-Type": "text/xml"}}, 415, 50000020),
        ({}, 400, 50000022),
    ],
    ids=["no JSON", "wrong media type", "no body"],
)
def test_a_body_that_cannot_be_read_is_refused(tenant, options, status, code):
    answer = tenant.post("/v1/sequence-sets", **options)
    assert (answer.status_code, answer.json()["reasons"][0]["code"]) == (status, code)


def test_a_method_the_path_does_not_take_is_a_405(tenant):
    answer = tenant.delete("/v1/sequence-sets")
    assert (answer.status_code, answer.json()["reasons"][0]["code"]) == (405, 50000045)


def test_a_missing_query_parameter_is_named(tenant):
    answer = tenant.get("/v1/billing-documents")
    assert answer.json()["reasons"] == [
        {"code": 50000023, "message": "The query parameter accountId is required."}
    ]


# --- tokens -----------------------------------------------------------------------------

LOGIN = {"client_id": "c" * 36, "client_secret": "s" * 40, "grant_type": "client_credentials"}


def test_the_token_endpoint_gives_a_token_for_both_entities(tenant):
    del tenant.headers["Authorization"]
    token = tenant.value("POST", "/oauth/token", data=LOGIN)
    assert (token["token_type"], token["expires_in"]) == ("bearer", 3599)
    assert token["scope"].count("entity.") == 2
    tenant.headers["Authorization"] = f"Bearer {token['access_token']}"
    assert tenant.get("/v1/entities").ok


@pytest.mark.parametrize(
    ("header", "message"),
    [
        ("", "Authentication is required: send a token from POST /oauth/token."),
        ("Bearer stolen", "This sandbox did not issue the token."),
    ],
    ids=["none", "foreign"],
)
def test_without_a_token_of_its_own_the_sandbox_answers_401(tenant, header, message):
    tenant.headers["Authorization"] = header
    answer = tenant.get("/v1/accounts/A00000001")
    assert (answer.status_code, answer.json()) == (401, {"message": message})
    assert "Bearer" in answer.headers["WWW-Authenticate"]


def test_a_token_dies_of_age_and_of_revocation():
    seconds = [0.0]
    tenant = Tenant(token_lifetime=60, clock=lambda: seconds[0])
    assert tenant.get("/v1/entities").ok
    seconds[0] = 61
    assert tenant.get("/v1/entities").status_code == 401
    fresh = Tenant()
    fresh.sandbox.tokens.revoke()
    assert fresh.get("/v1/entities").status_code == 401


def test_the_legacy_key_pair_is_as_good_as_a_token(tenant):
    tenant.headers["Authorization"] = ""
    pair = {"apiAccessKeyId": "someone", "apiSecretAccessKey": "secret"}
    assert tenant.get("/v1/entities", headers=pair).ok


def test_a_client_id_of_the_wrong_length_gets_no_token(tenant):
    answer = tenant.post("/oauth/token", data={**LOGIN, "client_id": "short"})
    assert answer.status_code == 400
    assert "client_id" in answer.json()["message"]


# --- Actions, ZOQL ----------------------------------------------------------------------


def test_actions_succeed_or_fail_row_by_row(tenant):
    rows = [{"Name": "One", "Currency": "USD"}, {"Name": "Two", "Currency": "USD"}]
    body = {"type": "Account", "objects": rows}
    made = tenant.value("POST", "/v1/action/create", json=body)
    assert [each["Success"] for each in made] == [True, True]
    changes = [
        {"Id": made[0]["Id"], "Name": "Uno", "fieldsToNull": ["Currency"]},
        {"Id": "nope", "Name": "x"},
    ]
    changed = tenant.value("POST", "/v1/action/update", json={"type": "Account", "objects": changes})
    assert changed[0] == {"Success": True, "Id": made[0]["Id"]}
    assert changed[1]["Errors"][0]["Code"] == "INVALID_ID"
    assert dict(tenant.sandbox.store.find("account", made[0]["Id"])).get("Currency") is None
    ids = [each["Id"] for each in made]
    deleted = tenant.value("POST", "/v1/action/delete", json={"type": "Account", "ids": ids})
    assert deleted == [{"success": True, "id": each} for each in ids]


def test_more_than_fifty_objects_in_one_action_are_refused(tenant):
    body = {"type": "Account", "objects": [{"Name": str(number)} for number in range(51)]}
    answer = tenant.post("/v1/action/create", json=body)
    assert answer.status_code == 400
    assert "the maximum per request is 50" in answer.json()[0]["Errors"][0]["Message"]


@pytest.mark.parametrize(
    ("query", "numbers"),
    [
        ("select AccountNumber from Account", ["A00000001", "A00000002", "A00000003"]),
        ("select AccountNumber from Account where Name = 'Cobalt Kite Studio'", ["A00000003"]),
        ("select AccountNumber from Account where Balance > 50", ["A00000003"]),
        ("select AccountNumber from Account where Currency != 'USD'", ["A00000002"]),
        ("select AccountNumber from Account where AutoPay = true and Batch = 'Batch1'", ["A00000001"]),
        (
            "select AccountNumber from Account where Batch = 'Batch2' or Balance >= 490",
            ["A00000002", "A00000003"],
        ),
        ("select AccountNumber from Account where Name like 'Blue%'", ["A00000002"]),
        ("select AccountNumber from Account where ParentId = null limit 1", ["A00000001"]),
        ("select AccountNumber from Account where ParentId != null", []),
    ],
    ids=["all", "equal", "greater", "not", "and", "or", "like", "null", "not null"],
)
def test_zoql_answers_simple_questions(tenant, query, numbers):
    reply = tenant.value("POST", "/v1/action/query", json={"queryString": query})
    assert [each["AccountNumber"] for each in reply["records"]] == numbers
    assert (reply["done"], reply["size"]) == (True, len(numbers))


def test_a_field_without_a_value_is_missing_from_its_zoql_row(tenant):
    query = {"queryString": "select Id, ParentId, Name from Account where AccountNumber = 'A00000001'"}
    [row] = tenant.value("POST", "/v1/action/query", json=query)["records"]
    assert row.keys() == {"Id", "Name"}


def test_a_long_zoql_result_goes_on_behind_a_locator(tenant):
    query = {"queryString": "select InvoiceNumber from Invoice", "conf": {"batchSize": 2}}
    page = tenant.value("POST", "/v1/action/query", json=query)
    rows = page["records"]
    while not page["done"]:
        page = tenant.value("POST", "/v1/action/queryMore", json={"queryLocator": page["queryLocator"]})
        rows += page["records"]
    assert [each["InvoiceNumber"] for each in rows] == [f"INV0000000{number}" for number in range(1, 6)]


@pytest.mark.parametrize(
    "query",
    [
        pytest.param("delete everything", id="not a query"),
        pytest.param("select * from Account", id="every field"),
        pytest.param("select Id from Account order by Name", id="order"),
        pytest.param("select Id from Account where Currency in ('USD')", id="in"),
        pytest.param("select Currency from Account group by Currency", id="group"),
        pytest.param("select Id from Account join Invoice on Id = AccountId", id="join"),
        pytest.param("select Id from Account where Id = (select Id from Account)", id="subquery"),
        pytest.param("describe Account", id="describe"),
    ],
)
def test_zoql_that_is_not_understood_is_refused(tenant, query):
    answer = tenant.post("/v1/action/query", json={"queryString": query})
    assert answer.status_code == 400
    assert answer.json()["message"].startswith("MALFORMED_QUERY")


@pytest.mark.parametrize("field", ["count(*)", "count(Id)", "distinct Currency", "Name alias", "Nope"])
def test_zoql_has_fields_only(tenant, field):
    answer = tenant.post("/v1/action/query", json={"queryString": f"select {field} from Account"})
    assert answer.json()["message"] == f"INVALID_FIELD: invalid field for query: account.{field}."


# --- idempotency and the log ------------------------------------------------------------


def test_an_idempotency_key_gives_the_first_answer_again(tenant):
    body = {"sequenceSets": [numbered("IT")]}
    first, again = (
        tenant.post("/v1/sequence-sets", json=body, headers={"Idempotency-Key": "k"}) for _ in range(2)
    )
    assert first.json() == again.json()
    assert [each.applied for each in tenant.sandbox.log] == [True, False]
    other = {"sequenceSets": [numbered("PL")]}
    clash = tenant.post("/v1/sequence-sets", json=other, headers={"Idempotency-Key": "k"})
    assert clash.status_code == 422


def test_an_idempotency_key_is_not_taken_with_put(tenant):
    answer = tenant.put("/v1/accounts/A00000001", json={}, headers={"Idempotency-Key": "k"})
    assert answer.status_code == 400


def test_the_log_tells_every_request_with_its_raw_path(tenant):
    tenant.get("/v1/accounts/A%2F1?x=1")
    tenant.put("/v1/accounts/A00000001", json={"crmId": "C"})
    assert tenant.sandbox.log == [
        ("GET", "/v1/accounts/A%2F1?x=1", 404, False, "GET_Account"),
        ("PUT", "/v1/accounts/A00000001", 200, True, "PUT_Account"),
    ]


# --- how it is made ---------------------------------------------------------------------


def test_a_literal_segment_wins_over_a_parameter():
    router = Router([("one", "GET", "/a/{id}"), ("all", "GET", "/a/all"), ("deep", "GET", "/a/{id}/b")])
    found = [router.find("GET", path) for path in ("/a/all", "/a/7", "/a/all/b", "/a/A%2F1", "/a/", "/b")]
    assert [each and each.operations["GET"] for each in found] == ["all", "one", "deep", "one", None, None]
    assert found[2].parameters == {"id": "all"}
    assert found[3].parameters == {"id": "A%2F1"}


def test_every_operation_is_found_by_its_own_path(document):
    index = document.prepared.index
    router = Router((each, entry.method, entry.path) for each, entry in index.items())
    missed = [
        identifier
        for identifier, entry in index.items()
        if (route := router.find(entry.method, entry.path.replace("{", "x").replace("}", ""))) is None
        or route.operations[entry.method] != identifier
    ]
    assert missed == []


@pytest.mark.parametrize(
    ("method", "path", "role", "kind"),
    [
        ("POST", "/v1/creditmemos/{creditmemoId}/refunds", "create", "refund"),
        ("GET", "/v1/object/credit-balance-adjustment/{id}", "read", "creditbalanceadjustment"),
        ("PUT", "/v1/invoices/{invoiceId}/write-off", "action", "invoice"),
        ("GET", "/v1/revenue-schedules/credit-memo-items/{cmi-id}", "read", "revenueschedule"),
        ("GET", "/v1/creditmemos/{creditMemoId}/items/{cmitemid}", "read", "creditmemoitem"),
        ("GET", "/v1/subscriptions/{subscription-key}/versions/{version}", "read", "subscription"),
        ("POST", "/objects/records/default/{object}", "create", "record"),
        ("DELETE", "/objects/definitions/default/{object}", "delete", "definition"),
        ("POST", "/v1/orders/preview", "other", "order"),
        ("PUT", "/v1/debitmemos", "batch", "debitmemo"),
        ("GET", "/v1/accounts/{account-key}/summary", "view", "account"),
    ],
    ids=lambda value: value if value.startswith("/") else None,
)
def test_role_and_kind_are_read_off_method_and_path(document, method, path, role, kind):
    found = families.load(document.prepared.index, rules.load())
    family = found.of(method, path, False, "")
    assert (family.role, family.kind) == (role, kind)


def test_making_a_sandbox_reads_no_operation(document, monkeypatch):
    monkeypatch.setattr(Prepared, "slice", lambda prepared, identifier: pytest.fail(f"{identifier} is read"))
    assert repr(Sandbox(document)) == f"<Sandbox of {document.title!r} 2020-12-10: 0 requests so far>"


def test_the_rules_name_only_states_and_kinds_that_exist(document):
    table = rules.load()
    found = families.load(document.prepared.index, table)
    known = found.kinds | {"user", "term", "file", "record"}
    assert {each.kind for each in table.jobs} <= known
    assert set(table.kinds) - known == set()
    routes = {f"{entry.method} {entry.path}" for entry in document.prepared.index.values()}
    assert set(table.special) <= routes


@pytest.mark.filterwarnings("ignore::dynzuora.errors.SpecWarning")  # about the repairs
@pytest.mark.parametrize("path", ["/{kind}", "/{kind}/{id}", "/{kind}/{id}/{part}", "/", "/w/{a}:{b}"])
@pytest.mark.parametrize("method", ["get", "head", "post", "put", "patch", "delete"])
def test_a_path_of_nothing_but_parameters_is_answered(path, method):
    paths = {"/{kind}/{id}/{part}/{more}": {"get": {}}, path: {method: {"operationId": "a", "responses": {}}}}
    client = dynzuora.Client.sandbox({"openapi": "3.0.0", "info": {}, "paths": paths})
    names = {each.name: "x" for each in client.operations["a"].parameters}
    with contextlib.suppress(errors.NotFound):  # there is no such object yet
        client.call("a", params=names)


@pytest.mark.filterwarnings("ignore::dynzuora.errors.SpecWarning")  # about the repairs
def test_a_list_that_has_properties_too_is_answered():
    row = {"type": "array", "items": {"type": "object", "properties": {"id": {"type": "string"}}}}
    schema = {
        "type": "array",
        "items": {"properties": {"jobs": row, "links": row}},
        "properties": {"jobs": row},
    }
    answer = {"200": {"description": "", "content": {"application/json": {"schema": schema}}}}
    paths = {"/jobs": {"get": {"operationId": "a", "responses": answer}}}
    client = dynzuora.Client.sandbox({"openapi": "3.0.0", "info": {}, "paths": paths})
    assert isinstance(client.call("a"), list)


@pytest.mark.parametrize(
    "declared",
    [{"type": "integer"}, {"type": "number"}, {"type": "string", "format": "uuid"}, {"type": "string"}],
)
@pytest.mark.parametrize("in_path", [True, False], ids=["in the path", "in the reply"])
def test_each_new_object_has_an_id_of_its_own(declared, in_path):
    pet = {"type": "object", "properties": {"id": {**declared, "readOnly": True}, "name": {"type": "string"}}}
    answer = {"200": {"description": "", "content": {"application/json": {"schema": pet}}}}
    create = {"operationId": "create", "requestBody": body_of("application/json", pet), "responses": answer}
    key = {"name": "petId", "in": "path", "required": True, "schema": declared if in_path else {}}
    paths = {
        "/pets": {"post": create},
        "/pets/{petId}": {"get": {"operationId": "read", "parameters": [key], "responses": answer}},
    }
    client = dynzuora.Client.sandbox(small(paths))
    first, second = (client.call("create", body={"name": name}) for name in ("A", "B"))
    assert first["id"] != second["id"]
    assert [client.call("read", pet_id=pet["id"]) for pet in (first, second)] == [first, second]
