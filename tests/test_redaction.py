"""What is secret shows as three stars, in whatever it is written."""

from __future__ import annotations

import pytest

from dynzuora.http import Headers, Part, Request, text_of

SECRET = "fake-s3cret"


@pytest.mark.parametrize(
    ("content", "shown"),
    [
        (b'{"client_secret": "fake-s3cret", "amount": 1.10}', '{"client_secret":"***","amount":1.10}'),
        (b'[{"card-number": "fake-s3cret"}]', '[{"card-number":"***"}]'),
        (
            b"client_id=me&client_secret=fake-s3cret&grant_type=x",
            "client_id=me&client_secret=***&grant_type=x",
        ),
        (b'{"client_secret=fake-s3cret', '{"client_secret=***'),
        (b'[{"cardNumber": "4111", "a": 1},]', '[{"cardNumber": ***, "a": 1},]'),
        (b'{"a": 1, "password": "fake-s3cr', '{"a": 1, "password": ***'),
        (b'\xef\xbb\xbf{"password": "fake-s3cret"}', '{"password":"***"}'),
        (b"plain words", "plain words"),
    ],
    ids=["object", "array", "form", "broken JSON", "trailing comma", "cut off", "byte order mark", "text"],
)
def test_a_body_shows_no_secret(content: bytes, shown: str) -> None:
    assert text_of(content) == shown


def test_headers_show_no_secret_and_still_hold_it() -> None:
    headers = Headers({"Authorization": f"Bearer {SECRET}", "Accept": "*/*"})
    assert (repr(headers), headers["authorization"]) == (
        "Headers({'Authorization': '***', 'Accept': '*/*'})",
        f"Bearer {SECRET}",
    )


def test_a_secret_part_shows_stars_in_repr_and_curl() -> None:
    request = Request(
        "POST", "/v1/things", Headers(), (Part("password", SECRET.encode()), Part("note", b"@x"))
    )
    assert SECRET not in repr(request) + request.curl()
    assert request.curl().endswith("--form-string 'password=***' --form-string note=@x")


def test_curl_reads_no_file_that_a_body_only_names() -> None:
    assert (
        Request("POST", "/v1/things", Headers(), b"@/etc/passwd").curl().endswith("--data-raw @/etc/passwd")
    )


def test_curl_shows_no_secret() -> None:
    headers = Headers({"apiSecretAccessKey": SECRET, "X": "1"})
    bodies = (
        f'{{"password": "{SECRET}"}}'.encode(),
        (Part("securityCode", f'{{"password":"{SECRET}"}}'.encode()),),
    )
    for body in bodies:
        assert SECRET not in Request("POST", "/v1/things", headers, body).curl()
