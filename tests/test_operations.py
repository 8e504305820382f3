"""Operations: their signatures and documentation, and the requests that arguments mean."""

from __future__ import annotations

import copy
import inspect
import io
import pickle
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import numpy
import pytest

import dynzuora
from dynzuora import errors
from dynzuora.errors import Problem
from dynzuora.http import Headers, Part, Request
from dynzuora.operation import Document, load
from tests.documents import TINY, body_of, document, operation, parameter


@pytest.fixture(scope="module")
def tiny() -> Document:
    return load(TINY)


def problems(document: Document, identifier: str, *args: Any, **arguments: Any) -> tuple[Problem, ...]:
    with pytest.raises(errors.InvalidRequest) as caught:
        document.operations[identifier].prepare(*args, **arguments)
    return caught.value.problems


def test_a_signature_is_keyword_only_required_first_without_shared_headers(tiny: Document) -> None:
    signatures = [
        str(inspect.signature(tiny.operations[each])) for each in ("GET_Things", "GET_Thing", "POST_Things")
    ]
    assert signatures == [
        "(*, page_size: int | None = None, state: Literal['open', 'closed'] | None = None, "
        "fields: str | None = None, timeout: str | None = None)",
        "(*, thing_key: str, class_: str | None = None)",
        "(*, body: dict)",
    ]


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        (datetime(2026, 2, 1), "2026-02-01"),
        (date(2026, 2, 1), "2026-02-01"),
        ("2026-02-01T00:00:00", "2026-02-01T00%3A00%3A00"),
        (datetime(2026, 2, 1, 9, 30), "2026-02-01T09%3A30%3A00"),
    ],
    ids=["midnight", "a date", "a text", "not midnight"],
)
def test_a_time_at_midnight_is_sent_as_its_day_where_a_parameter_is_a_date(given: Any, sent: str) -> None:
    url = dynzuora.operations["GET_CreditMemos"].prepare(target_date=given).url
    assert url == f"/v1/creditmemos?targetDate={sent}"


def test_the_times_of_pandas_are_sent_as_their_days() -> None:
    pandas = pytest.importorskip("pandas")
    find = dynzuora.operations["GET_CreditMemos"]
    cell = pandas.Series(["2026-02-01"], dtype="datetime64[us]")[0]
    assert find.prepare(target_date=cell).url == "/v1/creditmemos?targetDate=2026-02-01"
    with pytest.raises(errors.InvalidRequest, match="NaT is not a date"):
        find.prepare(target_date=pandas.NaT)


def test_a_time_at_midnight_stays_one_where_a_parameter_is_no_date(tiny: Document) -> None:
    assert tiny.operations["GET_Things"].prepare(fields=datetime(2026, 2, 1)).url.endswith("T00%3A00%3A00")


def test_documentation_has_summary_route_parameters_and_an_example(tiny: Document) -> None:
    assert tiny.operations["GET_Thing"].__doc__ == (
        "Get one thing\n"
        "\n"
        "GET /things/{thing-key}  (Things)\n"
        "\n"
        "Parameters:\n"
        "    thing_key  str, required (path)\n"
        "    class_     str (query)\n"
        "\n"
        "Example:\n"
        '    client.call("GET_Thing", thing_key="…")'
    )


def test_a_request_is_frozen_and_comparable(tiny: Document) -> None:
    request = tiny.operations["GET_Things"].prepare(page_size=5)
    assert request == Request(
        "GET", "/things?page-size=5", Headers({"Accept": "application/json"}), None, "GET_Things"
    )
    assert pickle.loads(pickle.dumps(request)) == request
    with pytest.raises(AttributeError):
        request.url = "/elsewhere"  # type: ignore[misc]


@pytest.mark.parametrize("name", ["page-size", "pageSize", "page_size", "PAGESIZE"])
def test_any_spelling_equal_without_punctuation_and_case_is_the_parameter(tiny: Document, name: str) -> None:
    assert tiny.operations["GET_Things"].prepare(**{name: 5}).url == "/things?page-size=5"


def test_a_list_for_a_comma_separated_parameter_is_one_text(tiny: Document) -> None:
    assert tiny.operations["GET_Things"].prepare(fields=["Id", "Name"]).url == "/things?fields=Id,Name"


@pytest.mark.parametrize("more", [{"overlay": {"overlay": "1.0.0"}}, {"external_files": True}], ids=str)
def test_what_a_document_is_read_with_comes_too_late_for_one_that_is_read(
    more: dict[str, Any], tiny: Document
) -> None:
    with pytest.raises(errors.SpecError, match="is already prepared; pass overlay and external_files"):
        load(tiny, **more)


def test_none_leaves_a_parameter_out(tiny: Document) -> None:
    assert tiny.operations["GET_Things"].prepare(page_size=None, state="open").url == "/things?state=open"


def test_a_header_that_every_operation_takes_may_be_given_to_any(tiny: Document) -> None:
    request = tiny.operations["DELETE_Thing"].prepare(thing_key="a", zuora_version="257.0")
    assert request.headers["Zuora-Version"] == "257.0"


def test_every_problem_of_a_call_is_told_at_once(tiny: Document) -> None:
    found = problems(tiny, "GET_Things", page_siz=5, page_size=41, state="opened")
    assert [str(each) for each in found] == [
        "page_siz: unknown parameter. This operation takes page_size, state, fields, timeout. "
        "Did you mean page_size?",
        "page_size: is 41; allowed: 40 or less.",
        "state: expected one of 'open', 'closed'; got 'opened'. Did you mean open?",
    ]


def test_a_missing_path_parameter_is_named_as_python_spells_it(tiny: Document) -> None:
    assert problems(tiny, "GET_Thing") == (Problem("thing_key", "is required (path parameter thing-key)."),)


def test_a_parameter_given_in_two_spellings_is_refused(tiny: Document) -> None:
    found = problems(tiny, "GET_Things", page_size=1, pageSize=2)
    assert [str(each) for each in found] == ["pageSize: is page-size again; pass it once."]


@pytest.mark.parametrize("value", ["", ".", ".."])
def test_a_path_value_that_would_change_the_path_is_refused(tiny: Document, value: str) -> None:
    assert [each.path for each in problems(tiny, "GET_Thing", thing_key=value)] == ["thing_key"]


def test_a_path_value_stays_one_segment(tiny: Document) -> None:
    assert tiny.operations["GET_Thing"].prepare(thing_key="A/1 ?#é").url == "/things/A%2F1%20%3F%23%C3%A9"


def test_a_json_body_is_written_digit_for_digit_under_the_plain_media_type(tiny: Document) -> None:
    request = tiny.operations["POST_Things"].prepare({"amount": Decimal("10.10")})
    assert (request.body, request.headers["Content-Type"]) == (b'{"amount":10.10}', "application/json")


@pytest.mark.parametrize(
    ("media_type", "body", "content", "sent_as"),
    [
        ("*/*", {"a": 1}, b'{"a":1}', "application/json"),
        ("*/*", b"\0", b"\0", "application/octet-stream"),
        ("text/json", {"a": 1}, b'{"a":1}', "text/json"),
    ],
)
def test_any_media_type_is_json_for_what_is_no_content_yet(
    media_type: str, body: Any, content: bytes, sent_as: str
) -> None:
    paths = {"/a": {"post": operation("a", requestBody=body_of(media_type, {}))}}
    request = dynzuora.load(document(paths)).operations["a"].prepare(body)
    assert (request.body, request.headers["Content-Type"]) == (content, sent_as)
    assert dynzuora.Client.sandbox(document(paths)).call("a", body=body).meta.status == 200


def test_a_missing_body_is_a_problem(tiny: Document) -> None:
    assert problems(tiny, "POST_Things") == (Problem("body", "is required."),)


def test_an_optional_json_body_that_is_left_out_is_sent_as_an_empty_object(tiny: Document) -> None:
    sent = [
        tiny.operations[each].prepare(thing_key="a").body
        for each in ("PUT_Thing", "PUT_Activate", "DELETE_Thing")
    ]
    assert sent == [b"{}", b"{}", None]


def test_a_body_where_none_is_taken_is_refused(tiny: Document) -> None:
    found = problems(tiny, "DELETE_Thing", {"a": 1}, thing_key="a")
    assert [str(each) for each in found] == [
        "body: is not allowed: DELETE /things/{thing-key} takes no body."
    ]


@pytest.mark.parametrize("validate", ["standard", "strict"])
def test_an_unknown_body_field_is_a_warning_that_names_the_nearest(tiny: Document, validate: str) -> None:
    body = {"amount": 1, "curency": "USD", "Mine__c": 1}
    request = tiny.operations["POST_Things"].prepare(body, validate=validate)
    assert [(each.path, each.nearest) for each in request.warnings] == [("body.curency", "currency")]


def test_unchecked_means_sent_as_given(tiny: Document) -> None:
    request = tiny.operations["POST_Things"].prepare({"currency": 1}, validate="off")
    assert (request.body, request.warnings) == (b'{"currency":1}', ())


def test_an_unknown_level_is_named(tiny: Document) -> None:
    with pytest.raises(ValueError, match="validate='lax': choose one of standard, strict, off"):
        tiny.operations["GET_Things"].prepare(validate="lax")


def test_a_form_is_written_as_a_form(tiny: Document) -> None:
    request = tiny.operations["POST_Token"].prepare({"client_id": "a b&c"})
    assert (request.body, request.headers["Content-Type"]) == (
        b"client_id=a%20b%26c",
        "application/x-www-form-urlencoded",
    )


def test_a_file_is_a_path_bytes_a_file_object_or_a_tuple(tiny: Document, tmp_path: Path) -> None:
    path = tmp_path / "usage.csv"
    path.write_bytes(b"a,b")
    stream = io.BytesIO(b"a,b")
    prepare = tiny.operations["POST_File"].prepare
    parts = [prepare({"file": each}).body for each in (str(path), path, b"a,b", stream, ("x.pdf", b"%PDF"))]
    assert parts == [
        (Part("file", path, "usage.csv", "text/csv"),),
        (Part("file", path, "usage.csv", "text/csv"),),
        (Part("file", b"a,b", "file", "application/octet-stream"),),
        (Part("file", stream, "file", "application/octet-stream"),),
        (Part("file", b"%PDF", "x.pdf", "application/pdf"),),
    ]


def test_an_object_beside_a_file_is_a_json_part(tiny: Document) -> None:
    request = tiny.operations["POST_File"].prepare({"file": b"x", "params": {"checksum": "0"}})
    assert isinstance(request.body, tuple)
    assert request.body[1] == Part("params", b'{"checksum":"0"}', None, "application/json")


def test_a_file_that_is_not_there_is_a_problem(tiny: Document) -> None:
    found = problems(tiny, "POST_File", {"file": "no/such.csv"})
    assert [str(each) for each in found] == [
        "body.file: file 'no/such.csv' does not exist. Give a path that exists, bytes or a file object."
    ]


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("x" * 5_000, "a string of 5000 characters"),
        ("id,amount\n1,2", "a string of 13 characters"),
        ("no/such.csv?password=geheim", "no/such.csv?password=***"),
    ],
    ids=["too long for a name", "content", "a secret in the path"],
)
def test_a_text_that_is_no_file_s_path_is_not_repeated(tiny: Document, given: str, shown: str) -> None:
    [found] = problems(tiny, "POST_File", {"file": given})
    assert (shown in found.message, given in found.message, found.found) == (True, False, shown)


def test_what_json_cannot_carry_is_refused_before_sending(tiny: Document) -> None:
    found = problems(tiny, "POST_Things", {"amount": float("nan")})
    assert [str(each) for each in found] == ["body.amount: nan is not a JSON number."]


@pytest.mark.parametrize(
    "name", ["GET_Thing", "get_thing", "g_et_thing", "GET /things/{id}", "get /things/{thing-key}"]
)
def test_an_operation_answers_to_its_id_in_any_spelling_and_to_its_route(tiny: Document, name: str) -> None:
    assert tiny.operations.resolve(name).id == "GET_Thing"


def test_an_unknown_operation_names_the_nearest_with_their_routes(tiny: Document) -> None:
    with pytest.raises(errors.UnknownOperation) as caught:
        tiny.operations["GET_Thingz"]
    assert (str(caught.value), caught.value.nearest[:2], isinstance(caught.value, KeyError)) == (
        "No operation 'GET_Thingz' in Tiny 1. Did you mean GET_Thing (GET /things/{thing-key}), "
        "GET_Things (GET /things), PUT_Thing (PUT /things/{thing-key})?",
        ("GET_Thing", "GET_Things"),
        True,
    )


def test_calling_an_operation_that_belongs_to_no_client_says_how_to_call_it(tiny: Document) -> None:
    with pytest.raises(TypeError, match=r"GET_Things has no client to send it.*Client\.sandbox"):
        tiny.operations["GET_Things"]()


def test_operations_of_one_document_are_equal_by_id(tiny: Document) -> None:
    assert tiny.operations["GET_Thing"] == load(TINY).operations["GET_Thing"] != tiny.operations["GET_Things"]


def test_the_document_says_what_it_is(tiny: Document) -> None:
    assert (tiny.version, tiny.title, len(tiny.operations), repr(tiny)) == (
        "1",
        "Tiny",
        9,
        "<Document 'Tiny' 1: 9 operations>",
    )


def test_loading_a_document_again_gives_the_same_document(tiny: Document) -> None:
    assert dynzuora.load(tiny) is tiny


LIMITED = load(
    document(
        {
            "/lists": {
                "get": operation(
                    "GET_Lists",
                    parameter("ids", required=True, schema={"type": "array", "items": {"type": "string"}}),
                    parameter("size", schema={"type": "integer", "maximum": 40}),
                )
            }
        }
    )
)


def test_a_required_parameter_with_nothing_in_it_is_a_problem() -> None:
    assert problems(LIMITED, "GET_Lists", ids=[]) == (Problem("ids", "is required, but empty."),)


def test_numeric_text_keeps_the_limits_of_a_parameter(tiny: Document) -> None:
    (problem,) = problems(tiny, "GET_Things", page_size="99")
    assert str(problem) == "page_size: is 99; allowed: 40 or less."
    assert tiny.operations["GET_Things"].prepare(page_size="09").url == "/things?page-size=09"


@pytest.mark.parametrize("value", [1.0, Decimal("1.0"), numpy.float64(1), numpy.float32(1)], ids=repr)
def test_a_whole_number_for_an_integer_parameter_is_sent_as_one(tiny: Document, value: Any) -> None:
    assert tiny.operations["GET_Things"].prepare(page_size=value).url == "/things?page-size=1"


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"page_size": 3}, "GET_Things got page_size twice, in params and as a keyword; pass it once."),
        ({1: 2}, "the names in params must be strings, not 1."),
        ("page-size=2", "params must be a mapping of parameter names to values, not a str."),
    ],
    ids=["twice", "name", "text"],
)
def test_params_that_are_no_arguments_are_a_type_error(tiny: Document, params: Any, message: str) -> None:
    with pytest.raises(TypeError) as caught:
        tiny.operations["GET_Things"].prepare(params=params, page_size=2)
    assert str(caught.value) == message


def test_one_parameter_in_two_spellings_is_a_problem(tiny: Document) -> None:
    (problem,) = problems(tiny, "GET_Things", params={"pageSize": 3}, page_size=2)
    assert str(problem) == "page_size: is page-size again; pass it once."


@pytest.mark.parametrize("name", [None, 1, b"x", []], ids=repr)
def test_what_is_no_text_names_no_operation(tiny: Document, name: Any) -> None:
    assert name not in tiny.operations
    with pytest.raises(errors.UnknownOperation, match="of an operation is a string, not a"):
        tiny.operations.resolve(name)


@pytest.mark.parametrize("make", [pickle.dumps, copy.deepcopy])
def test_documents_and_operations_are_not_pickled_and_say_so(tiny: Document, make: Any) -> None:
    for each in (tiny, tiny.operations["GET_Things"]):
        with pytest.raises(TypeError, match="is not pickled or deep-copied"):
            make(each)
        assert copy.copy(each) is each


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ({"cardNumber": b"4111"}, "***"),
        ({"password": {"x": {1}}}, "***"),
        ({"comment": b"4111"}, "4 bytes"),
        ({"comment": {1}}, "a set"),
        ('{"cardNumber": "4111"}', "a string of 22 characters"),
    ],
    ids=["secret", "below a secret", "bytes", "set", "body as text"],
)
def test_a_problem_keeps_no_secret_and_no_whole_body(tiny: Document, body: Any, found: str) -> None:
    with pytest.raises(errors.InvalidRequest) as caught:
        tiny.operations["POST_Things"].prepare(body)
    assert [each.found for each in caught.value.problems] == [found]
    assert b"4111" not in pickle.dumps(caught.value)


OBJECT_QUERY = document(
    {
        "/object-query/accounts": {
            "get": operation(
                "queryAccounts",
                parameter("fields[]", schema={"type": "array", "items": {"type": "string"}}),
                parameter("filter[]", schema={"type": "array", "items": {"type": "string"}}),
            )
        },
        "/accounts": {"get": operation("accounts", parameter("filter[]"))},
    }
)


@pytest.mark.parametrize("validate", ["standard", "strict", "off"])
@pytest.mark.parametrize("fields", [["id", "name"], "id,name"], ids=["a list", "text"])
def test_fields_of_an_object_may_be_named_as_the_vendor_documents_them(fields: Any, validate: str) -> None:
    prepare = load(OBJECT_QUERY).operations["queryAccounts"].prepare
    params = {"account.fields[]": fields, "billto.fields[]": ["city"], "filter": ["currency.EQ:CAD"]}
    assert unquote(prepare(params=params, validate=validate).url) == (
        "/object-query/accounts?filter[]=currency.EQ:CAD&account.fields[]=id,name&billto.fields[]=city"
    )


@pytest.mark.parametrize("name", ["account.filter[]", "account.fields", "account_fields[]"])
def test_no_other_parameter_takes_an_object_before_its_name(name: str) -> None:
    with pytest.raises(errors.InvalidRequest, match="unknown parameter"):
        load(OBJECT_QUERY).operations["queryAccounts"].prepare(params={name: ["id"]})


def test_fields_of_an_object_are_unknown_where_no_fields_are_declared() -> None:
    with pytest.raises(errors.InvalidRequest, match="unknown parameter"):
        load(OBJECT_QUERY).operations["accounts"].prepare(params={"account.fields[]": ["id"]})
