"""Who may ask the sandbox, what a key repeats, and what its log keeps."""

from __future__ import annotations

import pytest

from tests.sandbox_tenant import Tenant, numbered


@pytest.fixture
def tenant() -> Tenant:
    return Tenant()


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
