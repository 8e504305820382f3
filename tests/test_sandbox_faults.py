"""Failures on demand: one argument makes a tenant misbehave, in a known order and a known number of times."""

from __future__ import annotations

import threading

import pytest
import requests

from dynzuora.errors import DynzuoraError
from dynzuora.operation import load
from dynzuora.sandbox import Sandbox, faults
from tests.sandbox_tenant import Tenant

ACCOUNT = "/v1/accounts/A00000001"
PAYMENT = {"accountId": "a", "amount": 10, "currency": "USD", "type": "External", "paymentMethodId": "m"}


def failing(operation, fault, **options):
    """Return a tenant whose ``operation`` fails."""
    keys = faults.FAULTS[fault].keys() | {"times", "after"}
    rule = {name: options.pop(name) for name in keys & options.keys()}
    return Tenant(faults={"operation": operation, "fault": fault, **rule}, **options)


def statuses(tenant, path, times):
    return [tenant.get(path).status_code for _ in range(times)]


def test_a_fault_happens_once_unless_told_otherwise():
    assert statuses(failing("GET_Account", "server_error_500"), ACCOUNT, 3) == [500, 200, 200]


def test_a_fault_can_wait_and_come_several_times_or_for_ever():
    assert statuses(failing("GET_Account", "429", after=1, times=2), ACCOUNT, 4) == [200, 429, 429, 200]
    assert statuses(failing("GET_Account", "429", times=None), ACCOUNT, 5) == [429] * 5


def test_rules_follow_each_other_and_a_star_means_every_operation():
    rules = [{"operation": "GET_Account", "fault": "429"}, {"operation": "*", "fault": "server_error_500"}]
    tenant = Tenant(faults=rules)
    assert statuses(tenant, ACCOUNT, 3) == [429, 500, 200]


def test_the_short_form_names_operation_and_fault():
    tenant = Tenant(faults={"GET_Account": "429", "GET_Entities": {"fault": "server_error_500"}})
    assert [tenant.get(path).status_code for path in (ACCOUNT, "/v1/entities")] == [429, 500]


def test_429_says_how_long_to_wait():
    answer = failing("GET_Account", "429", retry_after=7).get(ACCOUNT)
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "7")


def test_401_ends_every_session():
    tenant = failing("GET_Account", "401")
    assert statuses(tenant, ACCOUNT, 2) == [401, 401]
    tenant.headers["Authorization"] = f"Bearer {tenant.sandbox.tokens.issue()['access_token']}"
    assert tenant.get(ACCOUNT).ok


@pytest.mark.parametrize(
    ("operation", "path", "status", "code"),
    [
        ("POST_CreatePayment", "/v1/payments", 200, lambda body: body["reasons"][0]["code"]),
        ("Object_POSTPayment", "/v1/object/payment", 200, lambda body: body["Errors"][0]["Code"]),
        ("POST_EventTrigger", "/events/event-triggers", 400, lambda body: body["reasons"][0]["code"]),
        ("POST_DataQueryJob", "/query/jobs", 400, lambda body: body["code"]),
    ],
    ids=["E1", "E2", "E4", "E5"],
)
def test_lock_contention_refuses_the_whole_request_in_the_family_s_shape(operation, path, status, code):
    answer = failing(operation, "lock_contention").post(path, json={})
    assert answer.status_code == status
    assert code(answer.json()) in (50000050, "LOCK_COMPETITION", 71000050)
    assert "lock competition" in answer.text


def test_a_refused_payment_is_not_made():
    tenant = failing("POST_CreatePayment", "lock_contention", times=2)
    replies = [tenant.post("/v1/payments", json=PAYMENT).json() for _ in range(3)]
    assert [each["success"] for each in replies] == [False, False, True]
    assert len(tenant.sandbox.store.records("payment")) == 4
    assert [each.applied for each in tenant.sandbox.log] == [False, False, True]


def test_a_lost_answer_is_lost_after_the_work_was_done():
    tenant = failing("POST_CreatePayment", "lost_answer")
    with pytest.raises(requests.ConnectionError):
        tenant.post("/v1/payments", json=PAYMENT)
    assert len(tenant.sandbox.store.records("payment")) == 4
    [entry] = tenant.sandbox.log
    assert (entry.status, entry.applied) == (0, True)


def test_a_lost_request_is_lost_before_anything_is_done():
    tenant = failing("POST_CreatePayment", "lost_request")
    with pytest.raises(requests.ConnectionError):
        tenant.post("/v1/payments", json=PAYMENT)
    assert (len(tenant.sandbox.store.records("payment")), tenant.sandbox.log[0].applied) == (3, False)


def test_with_an_idempotency_key_a_lost_answer_comes_the_second_time_and_the_work_is_done_once():
    tenant = failing("POST_CreatePayment", "lost_answer")
    headers = {"Idempotency-Key": "one"}
    with pytest.raises(requests.ConnectionError):
        tenant.post("/v1/payments", json=PAYMENT, headers=headers)
    assert tenant.post("/v1/payments", json=PAYMENT, headers=headers).json()["number"] == "P-00000004"
    assert len(tenant.sandbox.store.records("payment")) == 4


@pytest.mark.parametrize(("applied", "payments"), [(False, 3), (True, 4)])
def test_a_gateway_s_504_is_html_and_hides_whether_the_work_was_done(applied, payments):
    tenant = failing("POST_CreatePayment", "html_504", applied=applied)
    answer = tenant.post("/v1/payments", json=PAYMENT)
    assert (answer.status_code, answer.headers["Content-Type"]) == (504, "text/html; charset=utf-8")
    assert len(tenant.sandbox.store.records("payment")) == payments


def test_a_slow_answer_waits_by_the_injected_sleep():
    waited: list[float] = []
    assert failing("GET_Account", "slow", seconds=30, sleep=waited.append).get(ACCOUNT).ok
    assert waited == [30.0]


def test_an_answer_slower_than_the_timeout_is_a_read_timeout_that_nobody_waits_for():
    waited: list[float] = []
    tenant = failing("GET_Account", "slow", seconds=3600, sleep=waited.append)
    with pytest.raises(requests.ReadTimeout):
        tenant.get(ACCOUNT, timeout=(1, 60))
    assert waited == []


def test_success_false_and_refused_carry_the_code_of_choice():
    answer = failing("GET_Account", "success_false", category=10, message="No.").get(ACCOUNT)
    assert answer.json()["reasons"] == [{"code": 50000010, "message": "No."}]
    answer = failing("GET_Account", "refused", category=61, status=503).get(ACCOUNT)
    assert (answer.status_code, answer.json()["reasons"][0]["code"]) == (503, 50000061)


def test_rows_of_an_action_fail_where_told():
    tenant = failing("Action_POSTcreate", "partial_failure", rows=[0, 2])
    body = {"type": "Account", "objects": [{"Name": str(number)} for number in range(3)]}
    results = tenant.value("POST", "/v1/action/create", json=body)
    assert [each["Success"] for each in results] == [False, True, False]
    assert len(tenant.sandbox.store.records("account")) == 4


def test_records_of_a_custom_object_batch_that_failed_come_back_to_be_sent_again():
    tenant = failing("POST_CustomObjectRecords", "partial_failure", rows=[1])
    records = [{"name": "a"}, {"name": "b"}, {"name": "c"}]
    answer = tenant.post("/objects/records/default/crate", json={"records": records})
    assert (answer.status_code, answer.json()["code"]) == (500, 71000061)
    assert [each["record"] for each in answer.json()["details"]] == [{"name": "b"}]
    kept = tenant.value("GET", "/objects/records/default/crate")["records"]
    assert [each["name"] for each in kept] == ["a", "c"]


@pytest.mark.parametrize(
    ("fault", "expected"), [("success_text", "true"), ("no_flag", None)], ids=lambda value: value
)
def test_the_success_flag_can_be_a_word_or_missing(fault, expected):
    assert failing("GET_Account", fault).get(ACCOUNT).json().get("success") == expected


@pytest.mark.parametrize(
    ("fault", "link"),
    [
        ("foreign_next", "https://elsewhere.invalid/v1/orders?pageSize=2&page=2"),
        ("repeated_page", "https://sandbox.invalid/v1/orders?pageSize=2"),
    ],
)
def test_the_next_link_can_lead_astray(fault, link):
    assert failing("GET_AllOrders", fault).value("GET", "/v1/orders?pageSize=2")["nextPage"] == link


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        (
            {"fault": "lock_contentoin"},
            "there is no fault 'lock_contentoin'. Did you mean 'lock_contention'?",
        ),
        ({"GET_Account": None}, "the rule {'operation': 'GET_Account', 'fault': None} has no fault."),
        ({"fault": 429}, "there is no fault 429. Did you mean '429'?"),
        (
            {"operation": "GET_Acount", "fault": "429"},
            "there is no operation 'GET_Acount'. Did you mean 'GET_Account'?",
        ),
        (
            {"fault": "429", "retryafter": 1},
            "429 takes no 'retryafter'; it takes after, fault, operation, retry_after, times. "
            "Did you mean 'retry_after'?",
        ),
        ({"fault": "429", "times": -1}, "429: times is a positive integer, or None for always, not -1."),
        ({"fault": "429", "times": True}, "429: times is a positive integer, or None for always, not True."),
        ({"fault": "429", "after": 1.5}, "429: after is a non-negative integer, not 1.5."),
        ({"fault": "slow", "seconds": "2"}, "slow: seconds is a non-negative number of seconds, not '2'."),
        (
            {"fault": "refused", "category": 12},
            "refused: category is one of 10, 11, 20, 21, 22, 23, 27, 30, 40, 45, 50, 60, 61, 70, 90, 99, "
            "not 12.",
        ),
        (
            {"GET_Account": "partial_failure"},
            "GET_Account cannot have partial_failure: its reply has no rows that can fail individually.",
        ),
        ({"GET_Account": "job_ends"}, "GET_Account cannot have job_ends: it starts no job."),
        (
            {"GET_Account": "foreign_next"},
            "GET_Account cannot have foreign_next: its reply has no next link.",
        ),
        ({"GET_Describe": "no_flag"}, "GET_Describe cannot have no_flag: its reply has no success flag."),
        (
            {"POST_DataQueryJob": {"fault": "job_ends", "end": "faild"}},
            "a job of POST_DataQueryJob cannot end as 'faild'. Did you mean 'failed'?",
        ),
        ("429", "expected a rule or a list of rules, not str."),
        (["429"], "a rule must be a mapping with a fault, not '429'."),
    ],
    ids=lambda value: "" if isinstance(value, str) and "." in value else None,
)
def test_a_rule_that_means_nothing_is_refused_with_the_nearest_name(rule, message):
    with pytest.raises(DynzuoraError, match="faults: ") as caught:
        Sandbox(load("2020-12-10"), faults=rule)
    assert message in str(caught.value)


def test_every_mistake_in_the_rules_is_told_at_once():
    rules = [{"fault": "429", "times": 0, "after": -1}, {"operation": "GET_Account", "fault": "job_ends"}]
    with pytest.raises(DynzuoraError) as caught:
        Sandbox(load("2020-12-10"), faults=rules)
    assert str(caught.value) == (
        "faults: 429: times is a positive integer, or None for always, not 0. "
        "429: after is a non-negative integer, not -1. GET_Account cannot have job_ends: it starts no job."
    )


def test_a_star_passes_by_what_cannot_have_the_fault():
    tenant = Tenant(faults={"operation": "*", "fault": "foreign_next"})
    assert tenant.get(ACCOUNT).ok
    assert tenant.value("GET", "/v1/orders?pageSize=2")["nextPage"].startswith("https://elsewhere.invalid/")


def test_every_fault_is_documented_in_the_table_of_the_module():
    described = {line.split()[0] for line in (faults.__doc__ or "").splitlines() if line[:1].isalnum()}
    assert faults.FAULTS.keys() <= described


def test_threads_share_the_count_of_a_fault():
    tenant = failing("GET_Account", "429", times=5)
    answers: list[int] = []

    def look():
        answers.extend(statuses(tenant, ACCOUNT, 10))

    threads = [threading.Thread(target=look) for _ in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert (answers.count(429), answers.count(200)) == (5, 35)
