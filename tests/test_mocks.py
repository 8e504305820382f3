"""How other people's test tools and tracers see this client: each line of docs/mocking.md is a test here.

None of them may let a call reach the network that it would have stopped for plain requests.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
import requests_mock
import responses
import vcr
from betamax import Betamax
from opentelemetry import trace
from opentelemetry.instrumentation.urllib3 import URLLib3Instrumentor
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from pytest_httpserver import HTTPServer

import dynzuora
from dynzuora import errors
from tests.servers import OK, Answer, Server, running, script

SETS = {"success": True, "sequenceSets": [{"id": "1", "name": "DE"}]}
URL = "https://rest.test"
LISTED = f"{URL}/v1/sequence-sets"


def client_of(url: str = URL, **more: Any) -> dynzuora.Client:
    client = dynzuora.Client(environment=url, token="fake-token", allow_writes=True, **more)
    client._connection.sleep = lambda seconds: None
    return client


def read(client: dynzuora.Client) -> Any:
    with client:
        return client.call("GET_SequenceSets")


def pay(client: dynzuora.Client) -> Any:
    with client:
        return client.request("POST", "/v1/payments", body={"amount": 1})


@pytest.fixture
def live() -> Iterator[Server]:
    """A server that must not be asked while a tool stands in for it."""
    with running(script(Answer(200, SETS))) as server:
        yield server


# responses


@responses.activate
def test_responses_answers_and_its_calls_can_be_read() -> None:
    responses.get(
        LISTED,
        json=SETS,
        match=[responses.matchers.header_matcher({"Accept": "application/json"}, strict_match=False)],
    )
    assert read(client_of()) == SETS
    assert responses.calls[0].response.json() == SETS


@responses.activate
def test_responses_sees_what_is_sent() -> None:
    matcher = responses.matchers.json_params_matcher({"amount": 1})
    responses.post(f"{URL}/v1/payments", json={"success": True}, match=[matcher])
    assert pay(client_of()) == {"success": True}


@responses.activate
def test_where_no_mock_of_responses_fits_its_explanation_is_told(live: Server) -> None:
    responses.get(LISTED, json=SETS)
    with pytest.raises(errors.TransportError, match="doesn't match any registered mock") as caught:
        pay(client_of(live.url))
    assert (caught.value.may_have_been_applied, live.seen) == (True, [])


@responses.activate
def test_a_lost_answer_of_responses_may_have_been_done() -> None:
    responses.post(f"{URL}/v1/payments", body=requests.ConnectionError("the answer was lost"))
    with pytest.raises(errors.TransportError, match="the answer was lost") as caught:
        pay(client_of())
    assert (caught.value.may_have_been_applied, len(responses.calls)) == (True, 1)


def test_responses_passes_through_what_it_is_told_to(live: Server) -> None:
    with responses.RequestsMock() as mock:
        mock.add_passthru(live.url)
        assert read(client_of(live.url)) == SETS


# requests-mock


def test_requests_mock_answers() -> None:
    with requests_mock.Mocker() as mock:
        mock.get(LISTED, json=SETS)
        assert read(client_of()) == SETS
        assert (mock.call_count, mock.last_request.headers["Authorization"]) == (1, "Bearer fake-token")


def test_a_client_that_was_used_before_sees_requests_mock(live: Server) -> None:
    with client_of(live.url) as client:
        client.call("GET_SequenceSets")
        with requests_mock.Mocker() as mock:
            mock.get(f"{live.url}/v1/sequence-sets", json={"success": True, "mocked": True})
            assert client.call("GET_SequenceSets") == {"success": True, "mocked": True}
        assert client.call("GET_SequenceSets") == SETS
    assert len(live.seen) == 2


def test_where_no_mock_of_requests_mock_fits_nothing_is_sent(live: Server) -> None:
    with requests_mock.Mocker(), pytest.raises(errors.TransportError, match="NoMockAddress"):
        pay(client_of(live.url))
    assert live.seen == []


def test_requests_mock_lets_through_what_it_is_told_to(live: Server) -> None:
    with requests_mock.Mocker(real_http=True):
        assert read(client_of(live.url)) == SETS


def test_an_adapter_that_is_put_into_every_session_is_used(
    live: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    adapter = requests_mock.Adapter()
    adapter.register_uri("GET", f"{live.url}/v1/sequence-sets", json=SETS)
    monkeypatch.setattr(requests.Session, "get_adapter", lambda session, url: adapter)
    assert (read(client_of(live.url)), live.seen) == (SETS, [])


def test_an_adapter_of_requests_mock_is_a_transport() -> None:
    adapter = requests_mock.Adapter()
    adapter.register_uri("GET", LISTED, json=SETS)
    assert read(client_of(transport=adapter)) == SETS


# vcrpy


def cassette(folder: Path, mode: str) -> Any:
    return vcr.use_cassette(str(folder / "calls.yaml"), record_mode=mode)


@pytest.mark.parametrize("mode", ["once", "new_episodes", "all"])
def test_vcrpy_records_and_plays(mode: str, live: Server, tmp_path: Path) -> None:
    with cassette(tmp_path, mode) as recorded:
        assert (read(client_of(live.url)), len(recorded)) == (SETS, 1)
    with cassette(tmp_path, "none") as played:
        assert (read(client_of(live.url)), played.play_count) == (SETS, 1)
    assert len(live.seen) == 1


@pytest.mark.parametrize("used_before", [False, True])
def test_vcrpy_lets_nothing_out_that_is_not_on_its_cassette(
    used_before: bool, live: Server, tmp_path: Path
) -> None:
    with client_of(live.url) as client:
        if used_before:
            client.call("GET_SequenceSets")
        before = len(live.seen)
        with (
            cassette(tmp_path, "none"),
            pytest.raises(errors.TransportError, match="CannotOverwrite") as caught,
        ):
            client.request("POST", "/v1/payments", body={"amount": 1})
        assert (caught.value.may_have_been_applied, len(live.seen)) == (True, before)
        assert client.call("GET_SequenceSets") == SETS  # without a cassette all is as it was
    assert len(live.seen) == before + 1


def test_a_client_first_used_under_a_cassette_calls_the_server_afterwards(
    live: Server, tmp_path: Path
) -> None:
    with client_of(live.url) as client:
        with cassette(tmp_path, "once"):
            client.call("GET_SequenceSets")
        assert [client.call("GET_SequenceSets") for _ in range(2)] == [SETS, SETS]
    assert len(live.seen) == 3


# betamax


def test_betamax_records_and_plays_as_a_transport(live: Server, tmp_path: Path) -> None:
    for mode in ("once", "none"):
        session = requests.Session()
        with Betamax(session, cassette_library_dir=str(tmp_path)).use_cassette("calls", record=mode):
            assert read(client_of(live.url, transport=session.get_adapter(live.url))) == SETS
    assert len(live.seen) == 1


# A server


def test_pytest_httpserver_is_a_tenant(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/v1/sequence-sets").respond_with_json(SETS)
    assert read(client_of(httpserver.url_for("").rstrip("/"))) == SETS


# OpenTelemetry


@pytest.fixture
def spans() -> Iterator[InMemorySpanExporter]:
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    instrumentor = URLLib3Instrumentor()
    instrumentor.instrument(tracer_provider=provider)
    exporter.tracer = provider.get_tracer("test")  # type: ignore[attr-defined]
    try:
        yield exporter
    finally:
        instrumentor.uninstrument()


def test_opentelemetry_sees_each_try_with_its_operation(spans: Any) -> None:
    answers = script(Answer(503, content=b""), Answer(200, SETS))
    with running(answers) as server, spans.tracer.start_as_current_span("the caller's own"):
        read(client_of(server.url))
    found = [
        (each.attributes.get("dynzuora.operation_id"), each.attributes.get("http.request.resend_count"))
        for each in spans.get_finished_spans()
    ]
    assert found == [("GET_SequenceSets", None), ("GET_SequenceSets", 1), (None, None)]


def test_no_span_of_the_caller_s_is_touched_without_an_instrumentation() -> None:
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    own = provider.get_tracer("test").start_span("own")
    with running(script(OK)) as server, trace.use_span(own, end_on_exit=True):
        read(client_of(server.url))
    assert [dict(each.attributes or {}) for each in exporter.get_finished_spans()] == [{}]
