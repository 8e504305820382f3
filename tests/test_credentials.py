"""One token for all threads: fetched once, renewed in time, renewed once after a 401."""

from __future__ import annotations

import contextlib
import json
import threading
import time
import traceback
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

import dynzuora
from dynzuora import errors
from dynzuora.http import Headers
from dynzuora.sandbox import Sandbox, adapter
from dynzuora.transport import OAuth, Provided
from dynzuora.transport.credentials import Proof
from tests.clocks import Clock
from tests.documents import TINY, document, operation, parameter
from tests.servers import Answer, Seen, running

THREADS = 32


def together(count: int, work: Callable[[], Any]) -> list[Any]:
    """Run ``work`` in ``count`` threads that start at the same moment."""
    barrier = threading.Barrier(count)

    def one() -> Any:
        barrier.wait()
        return work()

    with ThreadPoolExecutor(count) as pool:
        return [future.result() for future in [pool.submit(one) for _ in range(count)]]


class Tokens:
    """A token endpoint that counts."""

    def __init__(self, life: Any = 3600) -> None:
        self.count = 0
        self.life = life
        self.fails = False
        self.arrived = self.awaited = 0

    def __call__(self) -> dict[str, Any]:
        self.count += 1
        while self.arrived < self.awaited:
            threading.Event().wait(0.01)
        threading.Event().wait(0.1)  # they have arrived; let each reach the lock
        if self.fails:
            raise errors.AuthError("no")
        return {"access_token": f"fake-{self.count}", "expires_in": self.life, "scope": "entity.1 tenant.2"}


def test_32_threads_fetch_one_token() -> None:
    tokens = Tokens()
    oauth = OAuth(tokens, Clock())
    found = together(THREADS, oauth.proof)
    assert (tokens.count, set(found)) == (1, {(Proof(Headers({"Authorization": "Bearer fake-1"})), 1)})


@pytest.mark.parametrize(("life", "good", "stale"), [(3600, 3374, 3375), ("3600", 3374, 3375), (100, 49, 50)])
def test_a_token_is_renewed_225_seconds_or_half_its_life_before_its_end(
    life: Any, good: int, stale: int
) -> None:
    clock, tokens = Clock(), Tokens(life)
    oauth = OAuth(tokens, clock)
    generations = []
    for clock.now in (0, good, stale):
        generations.append(oauth.proof()[1])
    assert generations == [1, 1, 2]


def test_32_threads_renew_an_expired_token_once() -> None:
    clock, tokens = Clock(), Tokens()
    oauth = OAuth(tokens, clock)
    oauth.proof()
    clock.now = 4000
    together(THREADS, oauth.proof)
    assert tokens.count == 2


def test_32_threads_renew_a_refused_token_once() -> None:
    tokens = Tokens()
    oauth = OAuth(tokens, Clock())
    _, generation = oauth.proof()
    together(THREADS, lambda: oauth.renewed(generation))
    assert tokens.count == 2


def test_a_refresh_that_fails_fails_for_all_who_wait_and_blocks_nobody() -> None:
    tokens = Tokens()
    tokens.fails = True
    tokens.awaited = THREADS
    oauth = OAuth(tokens, Clock())
    counting = threading.Lock()

    def attempt() -> str:
        with counting:
            tokens.arrived += 1
        try:
            oauth.proof()
        except errors.AuthError as error:
            return str(error)
        return "got one"

    assert set(together(THREADS, attempt)) == {"no"}
    assert tokens.count == 1
    tokens.fails = False
    assert oauth.proof()[1] == 1


def test_a_reply_without_a_token_is_an_auth_error() -> None:
    oauth = OAuth(lambda: {"token": "x"}, Clock())
    with pytest.raises(errors.AuthError, match="without an access_token"):
        oauth.proof()


class Tenant:
    """Accepts only the newest token; ``revoke`` makes the current one worthless."""

    def __init__(self) -> None:
        self.issued = 0
        self.valid = ""

    def revoke(self) -> None:
        self.valid = ""

    def __call__(self, seen: Seen) -> Answer:
        if seen.path == "/oauth/token":
            self.issued += 1
            self.valid = f"fake-{self.issued}"
            return Answer(200, {"access_token": self.valid, "expires_in": 3599})
        if seen.headers.get("Authorization") != f"Bearer {self.valid}":
            return Answer(401, {"message": "token expired"})
        return Answer(200, {"success": True})


def client(url: str, headers: dict[str, str] | None = None) -> dynzuora.Client:
    return dynzuora.Client(environment=url, client_id="i" * 36, client_secret="fake-secret", headers=headers)


def test_a_revoked_token_costs_32_threads_one_token_request_and_one_repeat_each() -> None:
    tenant = Tenant()
    with running(tenant) as server, client(server.url) as billing:
        billing.request("GET", "/v1/things")
        tenant.revoke()
        replies = together(THREADS, lambda: billing.request("GET", "/v1/things"))
        assert (tenant.issued, [dict(each) for each in replies]) == (2, [{"success": True}] * THREADS)


def test_views_share_the_token() -> None:
    tenant = Tenant()
    with running(tenant) as server, client(server.url) as billing:
        for each in (billing, billing.with_entity("a"), billing.with_orgs(["b", "c"])):
            each.request("GET", "/v1/things")
        sent = [(s.headers.get("Zuora-Entity-Ids"), s.headers.get("Zuora-Org-Ids")) for s in server.seen[1:]]
    assert (tenant.issued, sent) == (1, [(None, None), ("a", None), (None, "b,c")])


def test_an_organisation_that_no_header_can_hold_is_refused() -> None:
    billing = dynzuora.Client(TINY, "SBX", token="fake").with_orgs(["a\r\nX-Other: 1"])
    with pytest.raises(errors.InvalidRequest, match=r"^GET_Things: orgs: "):
        billing.prepare("GET_Things")


def test_a_401_that_a_new_token_does_not_cure_is_an_auth_error_after_one_repeat() -> None:
    def never(seen: Seen) -> Answer:
        if seen.path == "/oauth/token":
            return Answer(200, {"access_token": "fake", "expires_in": 3599})
        return Answer(401, {"message": "wrong entity"})

    with running(never) as server, client(server.url) as billing:
        with pytest.raises(errors.AuthError, match="wrong entity") as caught:
            billing.request("GET", "/v1/things")
        assert (caught.value.status, [each.path for each in server.seen]) == (
            401,
            ["/oauth/token", "/v1/things", "/oauth/token", "/v1/things"],
        )


@pytest.mark.parametrize("status", [200, 403])
def test_a_body_that_says_to_sign_in_first_renews_the_token_whatever_its_status(status: int) -> None:
    def answers(seen: Seen) -> Answer:
        if seen.path == "/oauth/token":
            return Answer(200, {"access_token": f"fake-{len(server.seen)}", "expires_in": 3599})
        if len(server.paths()) == 1:
            reasons = [{"code": 90000011, "message": "this resource is protected, please sign in first"}]
            return Answer(status, {"success": False, "reasons": reasons})
        return Answer(200, {"success": True})

    with running(answers) as server, client(server.url) as billing:
        assert billing.request("GET", "/v1/things") == {"success": True}
        assert [each.path for each in server.seen] == ["/oauth/token", "/v1/things"] * 2


def test_a_token_that_cannot_be_renewed_denies_nothing_of_an_earlier_try() -> None:
    def answers(seen: Seen) -> Answer:
        if seen.path == "/oauth/token":
            return Answer(200, {"access_token": "fake", "expires_in": 0}) if not server.paths() else gone
        return Answer(lost=True)

    gone = Answer(400, {"error": "invalid_client", "error_description": "gone"})
    with running(answers) as server, client(server.url) as billing:
        billing._connection.sleep = lambda seconds: None
        with pytest.raises(errors.DynzuoraError) as caught:
            billing.request("DELETE", "/v1/things")
        assert (caught.value.may_have_been_applied, len(server.paths())) == (True, 1)
        assert str(caught.value).endswith(
            "An earlier try of DELETE may have been done: look before you send it again."
        )


def test_a_token_endpoint_that_cannot_be_reached_is_tried_as_often_as_a_read_and_no_more() -> None:
    with running(lambda seen: Answer(lost=True)) as server, client(server.url) as billing:
        billing._connection.sleep = lambda seconds: None
        with pytest.raises(errors.TransportError):
            billing.request("GET", "/v1/things")
        assert [each.path for each in server.seen] == ["/oauth/token"] * 5


@pytest.mark.parametrize(
    ("arguments", "what"),
    [
        ({"client_id": "i\n", "client_secret": "fake"}, "id"),
        ({"client_id": "i", "client_secret": "fake\r\n"}, "secret"),
    ],
    ids=["id", "secret"],
)
def test_credentials_with_a_line_break_are_refused_before_anything_is_sent(
    arguments: dict[str, str], what: str
) -> None:
    with running(lambda seen: Answer(200, {})) as server:
        billing = dynzuora.Client(environment=server.url, **arguments)
        with billing, pytest.raises(errors.DynzuoraError, match=f"^The {what} from .* contains a line break"):
            billing.request("GET", "/v1/things")
        assert server.seen == []


def test_a_given_token_is_not_renewed() -> None:
    with running(lambda seen: Answer(401, {"message": "expired"})) as server:
        billing = dynzuora.Client(environment=server.url, token="fake-token")
        with billing, pytest.raises(errors.AuthError):
            billing.request("GET", "/v1/things")
        assert [each.headers["Authorization"] for each in server.seen] == ["Bearer fake-token"]


def test_a_function_gives_a_token_and_another_one_when_it_is_refused() -> None:
    tokens = iter(("fake-1", "fake-2", "fake-3"))

    def answer(seen: Seen) -> Answer:
        return Answer(200 if seen.headers["Authorization"] == "Bearer fake-2" else 401, {"success": True})

    with running(answer) as server:
        billing = dynzuora.Client(environment=server.url, token=lambda: next(tokens))
        with billing:
            together(8, lambda: billing.request("GET", "/v1/things"))
        sent = [seen.headers["Authorization"] for seen in server.seen]
    assert sent.count("Bearer fake-2") == 8 and "Bearer fake-3" not in sent and next(tokens) == "fake-3"


def test_a_token_of_a_function_is_kept_for_the_seconds_that_it_says() -> None:
    tokens = iter((("fake-1", 10), ("fake-2", 1000), ("fake-3", 1000)))
    clock = Clock()
    provided = Provided(lambda: next(tokens), clock)
    sent = []
    for seconds in (0.0, 4.0, 2.0, 100.0):
        clock.now += seconds
        sent.append(provided.proof()[0].headers["Authorization"])
    assert sent == ["Bearer fake-1", "Bearer fake-1", "Bearer fake-2", "Bearer fake-2"]


def test_headers_of_a_client_are_sent_with_every_call_and_the_token_request() -> None:
    tenant = Tenant()
    with running(tenant) as server, client(server.url, {"X-Gateway": "a", "X-Team": "b"}) as billing:
        billing.request("GET", "/v1/things", headers={"X-Team": "c"})
        billing.request("GET", "/v1/things")
        sent = [(seen.headers.get("X-Gateway"), seen.headers.get("X-Team")) for seen in server.seen]
    assert sent == [("a", "b"), ("a", "c"), ("a", "b")]


def test_a_function_that_gives_the_refused_token_again_ends_the_call() -> None:
    with running(lambda seen: Answer(401, {"message": "expired"})) as server:
        billing = dynzuora.Client(environment=server.url, token=lambda: "fake-token")
        with billing, pytest.raises(errors.AuthError):
            billing.request("GET", "/v1/things")
        assert [seen.headers["Authorization"] for seen in server.seen] == ["Bearer fake-token"]


@pytest.mark.parametrize(
    ("provide", "message"),
    [
        (lambda: {}["fake-s3cret"], "The function passed as token= raised KeyError; see the cause."),
        (lambda: None, "The function passed as token= must return a token as text; it returned NoneType."),
        (
            lambda: "fake\n",
            "The function passed as token= must return a token as text; "
            "it returned a text that no header carries.",
        ),
    ],
    ids=["raises", "none", "line break"],
)
def test_a_function_without_a_usable_token_is_an_auth_error(provide: Any, message: str) -> None:
    with running(lambda seen: Answer(200, {})) as server:
        billing = dynzuora.Client(environment=server.url, token=provide)
        with billing, pytest.raises(errors.AuthError) as caught:
            billing.request("GET", "/v1/things")
        assert (str(caught.value), server.seen) == (message, [])


def test_a_token_that_is_neither_a_text_nor_a_function_is_refused_at_once() -> None:
    with pytest.raises(TypeError, match=r"^token= must be text, or a function that returns it, not int\.$"):
        dynzuora.Client(environment="SBX", token=7)  # type: ignore[arg-type]


def test_a_token_request_carries_no_other_credential() -> None:
    tenant = Tenant()
    with running(tenant) as server, client(server.url) as billing:
        billing.request("GET", "/v1/things")
        first = server.seen[0]
    assert ("Authorization" in first.headers, first.body) == (
        False,
        b"client_id=" + b"i" * 36 + b"&client_secret=fake-secret&grant_type=client_credentials",
    )


def test_threads_started_while_a_refresh_hangs_do_not_pile_up_requests() -> None:
    tokens = Tokens(life=0)  # every token is stale at once
    oauth = OAuth(tokens, time.monotonic)
    together(8, oauth.proof)
    assert tokens.count <= 8


SCHEMES = {
    "bearer": ({"type": "http", "scheme": "Bearer"}, "s", {"authorization": "Bearer s"}, "/a?b=1"),
    "basic": ({"type": "http", "scheme": "basic"}, "u:p", {"authorization": "Basic dTpw"}, "/a?b=1"),
    "basic, encoded": (
        {"type": "http", "scheme": "basic"},
        "dTpw",
        {"authorization": "Basic dTpw"},
        "/a?b=1",
    ),
    "header": ({"type": "apiKey", "in": "header", "name": "token"}, "s", {"token": "s"}, "/a?b=1"),
    "query": ({"type": "apiKey", "in": "query", "name": "api_key"}, "s&=", {}, "/a?b=1&api_key=s%26%3D"),
    "cookie": (
        {"type": "apiKey", "in": "cookie", "name": "sid"},
        "s;",
        {"cookie": "c=2; sid=s%3B"},
        "/a?b=1",
    ),
    "oauth2": ({"type": "oauth2", "flows": {}}, "s", {"authorization": "Bearer s"}, "/a?b=1"),
    "digest": ({"type": "http", "scheme": "digest"}, "s", {"authorization": "Bearer s"}, "/a?b=1"),
}


def secured(scheme: dict[str, Any], **more: Any) -> dynzuora.Document:
    a = operation("a", parameter("b"), parameter("c", "cookie"), **more)
    components = {"securitySchemes": {"Scheme": scheme, "Bearer": {"type": "http", "scheme": "bearer"}}}
    made = document({"/a": {"get": a}}, components=components, security=[{"Scheme": []}])
    return dynzuora.load(json.dumps(made).encode())


@pytest.mark.parametrize("name", SCHEMES)
def test_a_token_is_sent_where_the_operation_asks_for_it(name: str) -> None:
    scheme, token, fields, url = SCHEMES[name]
    with running(lambda seen: Answer(200, {})) as server:
        with dynzuora.Client(environment=server.url, token=token, spec=secured(scheme)) as billing:
            billing.call("a", b="1", c="2")
        [seen] = server.seen
    sent = {each.lower(): value for each, value in seen.headers.items()}
    wanted = {"cookie": "c=2", **fields}
    named = ("authorization", "token", "cookie")
    assert ({each: sent[each] for each in named if each in sent}, seen.path) == (wanted, url)


def test_an_operation_that_takes_a_bearer_token_too_gets_one() -> None:
    taken = secured(SCHEMES["header"][0], security=[{"Scheme": []}, {"Bearer": []}])
    assert taken.operations["a"].prepare().credentials == "Bearer ***"


@pytest.mark.parametrize(
    ("name", "shown", "option"),
    [
        ("basic", "Basic ***", '--user "$ZUORA_TOKEN"'),
        ("header", "token: ***", '--header "token: $ZUORA_TOKEN"'),
        ("query", "?api_key=***", '--url-query "api_key=$ZUORA_TOKEN"'),
        ("cookie", "Cookie: sid=***", '--header "Cookie: sid=$ZUORA_TOKEN"'),
    ],
)
def test_a_request_shows_where_its_token_goes(name: str, shown: str, option: str) -> None:
    request = secured(SCHEMES[name][0]).operations["a"].prepare()
    assert (request.credentials, option in request.curl()) == (shown, True)


def test_an_error_shows_no_token_of_the_query() -> None:
    with running(lambda seen: Answer(200, {})) as server:
        pass  # nobody listens there now
    document = secured(SCHEMES["query"][0])
    billing = dynzuora.Client(environment=server.url, token="fake-secret", spec=document, retries=0)
    with billing, pytest.raises(errors.TransportError) as caught:
        billing.call("a")
    shown = "".join(traceback.format_exception(caught.value))
    assert "fake-secret" not in shown


ASKS = {
    "bearer": ([{"Bearer": []}], "Bearer ***"),
    "basic": ([{"Basic": []}], "Basic ***"),
    "key": ([{"Key": []}], "token: ***"),
    "nothing": ([], "none, the operation asks for none"),
    "nothing, as an alternative": ([{}], "none, the operation asks for none"),
    "two keys": ([{"Key": [], "Other": []}], "token: ***"),
    "authorization": ([{"Authorization": []}], "Authorization: ***"),
}


def asking(security: Any, **flow: Any) -> dynzuora.Document:
    schemes = {
        "Bearer": {"type": "oauth2", "flows": {"clientCredentials": {**flow, "scopes": {}}}},
        "Basic": {"type": "http", "scheme": "basic"},
        "Key": {"type": "apiKey", "in": "header", "name": "token"},
        "Other": {"type": "apiKey", "in": "header", "name": "other"},
        "Authorization": {"type": "apiKey", "in": "header", "name": "Authorization"},
    }
    made = document(
        {"/a": {"get": operation("a", security=security)}}, components={"securitySchemes": schemes}
    )
    return dynzuora.load(json.dumps(made).encode())


@pytest.mark.parametrize("name", ASKS)
def test_a_request_shows_what_its_operation_asks_for(name: str) -> None:
    security, shown = ASKS[name]
    assert asking(security).operations["a"].prepare().credentials == shown


@pytest.mark.parametrize("name", ["bearer", "nothing", "nothing, as an alternative", "authorization"])
def test_an_oauth_client_sends_what_the_request_shows(name: str) -> None:
    with running(Tenant()) as server:
        logged_in = dynzuora.Client(asking(ASKS[name][0]), server.url, client_id="i", client_secret="fake")
        with logged_in as billing:
            shown = billing.prepare("a").credentials
            billing._connection.sleep = lambda seconds: None
            with contextlib.suppress(errors.AuthError):
                billing.call("a")
        sent = server.seen[-1].headers.get("Authorization")
    assert (shown == ASKS["nothing"][1]) == (sent is None)
    assert sent in (None, "Bearer fake-1")


@pytest.mark.parametrize("name", ["basic", "key", "two keys"])
def test_an_operation_that_takes_no_bearer_token_gets_nothing_of_an_oauth_client(name: str) -> None:
    with running(Tenant()) as server:
        logged_in = dynzuora.Client(asking(ASKS[name][0]), server.url, client_id="i", client_secret="fake")
        with logged_in as billing, pytest.raises(errors.AuthError) as caught:
            billing.call("a")
        assert server.paths() == []
    shown = ASKS[name][1]
    assert str(caught.value).startswith(
        f"a asks for {shown}, which client_id and client_secret do not give. Nothing was sent."
    )


def test_the_older_pair_of_keys_is_shown_as_it_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZUORA_ACCESS_KEY_ID", "i")
    monkeypatch.setenv("ZUORA_SECRET_ACCESS_KEY", "fake-secret")
    with running(lambda seen: Answer(200, {})) as server:
        with dynzuora.Client(TINY, server.url) as billing:
            request = billing.prepare("GET_Things")
            billing.call("GET_Things")
        [seen] = server.seen
    sent = {
        name: seen.headers.get(name) for name in ("apiAccessKeyId", "apiSecretAccessKey", "Authorization")
    }
    assert sent == {"apiAccessKeyId": "i", "apiSecretAccessKey": "fake-secret", "Authorization": None}
    assert request.credentials == "apiAccessKeyId: ***, apiSecretAccessKey: ***"
    assert '--header "apiSecretAccessKey: $ZUORA_SECRET_ACCESS_KEY"' in request.curl()


@pytest.mark.parametrize("named", ["/login", "url", True], ids=["path", "url", "the document's"])
def test_a_token_comes_from_the_url_that_the_caller_names(named: Any) -> None:
    tokens = Answer(200, {"access_token": "fake", "expires_in": 3599})
    with running(lambda seen: tokens) as other, running(lambda seen: tokens) as server:
        taken = asking([{"Bearer": []}], tokenUrl=f"{other.url}/login")
        with dynzuora.Client(
            taken,
            server.url,
            client_id="i",
            client_secret="fake",
            token_url=f"{other.url}/login" if named == "url" else named,
        ) as billing:
            billing.call("a")
        at_other, at_own = [seen.path for seen in other.seen], [seen.path for seen in server.seen]
    assert (at_other, at_own) == (([], ["/login", "/a"]) if named == "/login" else (["/login"], ["/a"]))


def test_a_token_url_of_the_document_gets_no_secret_unless_it_is_named() -> None:
    with running(lambda seen: Answer(500)) as other, running(Tenant()) as server:
        taken = asking([{"Bearer": []}], tokenUrl=f"{other.url}/login")
        with dynzuora.Client(taken, server.url, client_id="i", client_secret="fake") as billing:
            billing.call("a")
        assert (other.seen, server.seen[0].path) == ([], "/oauth/token")


@pytest.mark.parametrize(
    ("named", "message"),
    [
        (True, "The document has no token URL for client credentials"),
        ("http://example.com/token", "http://example.com would send the token unencrypted"),
        ("https://u:p@example.com/token", "is not a token URL"),
    ],
)
def test_a_token_url_that_cannot_be_used_is_refused_when_the_client_is_made(named: Any, message: str) -> None:
    with pytest.raises(errors.DynzuoraError, match=message):
        dynzuora.Client(TINY, "SBX", client_id="i", client_secret="fake", token_url=named)


@pytest.mark.parametrize("name", ASKS)
def test_the_sandbox_takes_what_every_operation_asks_for(name: str) -> None:
    with dynzuora.Client.sandbox(asking(ASKS[name][0])) as billing:
        assert billing.call("a") == {}


@pytest.mark.parametrize("name", ["header", "query", "cookie"])
def test_the_sandbox_takes_an_api_key_where_the_document_has_it_and_asks_for_one(name: str) -> None:
    scheme, token, *_ = SCHEMES[name]
    application = Sandbox(secured(scheme))
    with dynzuora.Client(
        secured(scheme), "https://billing.invalid", token=token, transport=adapter(application)
    ) as billing:
        assert billing.call("a", b="1") == {}
        assert billing.prepare("a", b="1").credentials != "Bearer ***"


def test_the_sandbox_refuses_an_operation_without_the_api_key_it_asks_for() -> None:
    application = Sandbox(secured(SCHEMES["header"][0]))
    with (
        dynzuora.Client(
            secured(SCHEMES["bearer"][0]),
            "https://billing.invalid",
            token="s",
            transport=adapter(application),
        ) as billing,
        pytest.raises(errors.AuthError),
    ):
        billing.call("a")
