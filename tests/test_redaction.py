"""What is secret shows as three stars, in whatever it is written."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

import dynzuora
from dynzuora import _redaction
from dynzuora._origins import origin
from dynzuora._redaction import in_text, redacted
from dynzuora.errors import DynzuoraError
from dynzuora.http import Headers, Part, Request, Response, text_of
from dynzuora.replies import interpret

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


SIGNED = [
    "https://s3.invalid/f.csv?X-Amz-Credential=fake-s3cret%2F2026&X-Amz-Signature=fake-s3cret&X-Amz-Expires=60",
    "https://s3.invalid/f.csv?X-Amz-Security-Token=fake-s3cret",
    "https://s3.invalid/f.csv?AWSAccessKeyId=fake-s3cret&Signature=fake-s3cret",
    "https://gcs.invalid/f.csv?X-Goog-Credential=fake-s3cret&X-Goog-Signature=fake-s3cret",
    "https://blob.invalid/f.csv?sv=2026&sig=fake-s3cret%3D",
    "https://user:fake-s3cret@host.invalid/f.csv",
    "https://fake-s3cret@host.invalid/f.csv?page=1",
    "https://host.invalid/f.csv?to=https://s3.invalid/a?X-Amz-Signature=fake-s3cret",
    "https://host.invalid/f.csv?x%2Damz%2Dsignature=fake-s3cret",
]


@pytest.mark.parametrize("url", SIGNED)
def test_an_address_that_is_its_own_proof_is_shown_nowhere(url: str) -> None:
    request = Request("GET", url, Headers({"Referer": url}), json.dumps({"file": url}).encode())
    reply: Any = interpret(
        request, Response(200, Headers({"Location": url}), json.dumps([url, {"u": url}]).encode())
    )
    text: Any = interpret(request, Response(200, Headers({"Content-Type": "text/plain"}), url.encode()))
    content: Any = interpret(
        request, Response(200, Headers({"Content-Type": "application/pdf"}), url.encode())
    )
    shown = [repr(request), request.curl(), request._repr_html_(), repr(reply), repr(reply.meta)]
    shown += [reply._repr_html_(), repr(text), repr(content), repr(redacted({"u": url}))]
    with pytest.raises(DynzuoraError) as caught:
        interpret(request, Response(500, Headers(), url.encode()))
    shown += [str(caught.value), repr(caught.value.__dict__)]
    with pytest.raises(DynzuoraError) as caught:
        interpret(request, Response(400, Headers(), json.dumps({"message": f"no file at {url}"}).encode()))
    shown += [str(caught.value), repr(caught.value.__dict__)]
    assert [line for line in shown if SECRET in line] == []
    assert (text, content, reply[0]) == (url, url.encode(), url)


def test_an_origin_has_no_password_in_it() -> None:
    assert origin("https://user:fake-pw@Host.invalid:8443/x") == "https://host.invalid:8443"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (
            '{"paymentToken": {"data": "a", "x": [1]}, "a": 1, "b": "cut',
            '{"paymentToken": ***, "a": 1, "b": "cut',
        ),
        ('{"paymentToken": {"data": "a", "x": [1, ', '{"paymentToken": ***'),
        ('{"pass\\u0077ord": "fake", ', '{"pass\\u0077ord": ***, '),
        ('{"bankCode": "1", "accountNumber": "4", ', '{"bankCode": "1", "accountNumber": ***, '),
        ('{"accountNumber": "A1", "name": "x", ', '{"accountNumber": "A1", "name": "x", '),
        ('{"url": "https:\\/\\/me:fake@h\\/x', '{"url": "https:\\/\\/***@h\\/x'),
        ("see https://user:fake-p", "see https://***"),
        ("see http://localhost:8080", "see http://localhost:8080"),
        ("<z:password>fake</z:password>", "<z:password>***</z:password>"),
        ('<login name="me" password="fake words"/>', '<login name="me" password=***/>'),
        ("a=1&redirect=/x?token=fake&b=2", "a=1&redirect=/x?token=***&b=2"),
        ("password=a?b=c&d=1", "password=***&d=1"),
    ],
)
def test_text_shows_no_secret_however_it_is_written_or_cut(text: str, shown: str) -> None:
    assert in_text(text) == shown


def test_a_text_inside_data_is_searched_too() -> None:
    value = {"request": '{"IBAN": "fake", "amount": 1}', "accountNumber": "A1"}
    assert redacted(value) == {"request": '{"IBAN": ***, "amount": 1}', "accountNumber": "A1"}


def test_the_number_of_a_bank_account_is_told_by_its_neighbours() -> None:
    assert redacted({"accountNumber": "A1"}) == {"accountNumber": "A1"}
    assert redacted({"accountNumber": "1", "branchCode": "2"}) == {"accountNumber": "***", "branchCode": "2"}


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-32"])
@pytest.mark.parametrize("text", ['{"password": "fake-s3cret"}', '{"password": "fake-s3cret", '])
def test_a_body_in_another_encoding_shows_no_secret(text: str, encoding: str) -> None:
    assert SECRET not in text_of(text.encode(encoding)).replace("\0", "")


# What is shown is all that is looked at

Shown = Callable[[bytes], str]
REPRS: dict[str, Shown] = {
    "request": lambda content: repr(Request("POST", "/v1/x", Headers(), content)),
    "notebook": lambda content: Request("POST", "/v1/x", Headers(), content[:5000])._repr_html_(),
    "response": lambda content: repr(Response(200, Headers(), content)),
    "part": lambda content: repr(Part("note", content)),
}


@pytest.mark.parametrize("show", REPRS.values(), ids=REPRS)
@pytest.mark.parametrize("letter", ["a", '"', "<", "=", '{"a":', "&b="])
def test_only_what_is_shown_is_looked_at(show: Shown, letter: str, monkeypatch: pytest.MonkeyPatch) -> None:
    sizes: list[int] = []

    def measured(text: str) -> str:
        sizes.append(len(text))
        return in_text(text)

    monkeypatch.setattr(_redaction, "in_text", measured)
    show(letter.encode() * 100_000)
    assert max(sizes) <= 5000


@pytest.mark.parametrize("before", range(940, 1010, 3))
@pytest.mark.parametrize("name", ['"password": "', "&password=", "https://me:", '"paymentToken": {"data": "'])
def test_a_secret_that_the_cut_halves_is_masked(name: str, before: int) -> None:
    body = f'{{"a": "{"x" * before}", {name}{SECRET * 3000}"'.encode()
    assert "fake" not in repr(Request("POST", "/v1/x", Headers(), body))


class Counting(str):
    """A text that counts how many characters are taken out of it."""

    taken = 0

    def __getitem__(self, key: Any) -> str:
        part = super().__getitem__(key)
        Counting.taken += len(part)
        return Counting(part)


@pytest.mark.parametrize(
    "text", ["a=" * 20_000, "a?b=" * 10_000, "=" * 20_000], ids=["pairs", "queries", "marks"]
)
def test_the_names_of_pairs_are_read_once(text: str) -> None:
    class Match:
        def __getitem__(self, _: object) -> str:
            return Counting(text)

    Counting.taken = 0
    _redaction._masked_pair(Match())  # type: ignore[arg-type]
    assert Counting.taken <= len(text)


# The token stays at home


def test_curl_of_a_file_elsewhere_carries_no_token() -> None:
    with dynzuora.Client.sandbox() as client:
        request = client.download(
            "https://s3.invalid/f.csv?X-Amz-Signature=fake-s3cret", "f.csv", dry_run=True
        )
        own = client.download("/v1/files/1", "f.csv", dry_run=True)
        export = client.download("GET_Files", "f.csv", file_id="1", dry_run=True)
    assert request.curl() == (
        "curl --request GET 'https://s3.invalid/f.csv?X-Amz-Signature=***' --header 'Accept: */*'"
    )
    assert ["$ZUORA_TOKEN" in each.curl() for each in (own, export)] == [True, True]


def test_the_sandbox_keeps_what_a_tenant_keeps() -> None:
    from dynzuora.sandbox.store import _without_secrets

    sent = {
        **{"IBAN": "DE001234", "BankTransferAccountNumber": "0005678", "cardSecurityCode": "123", "cvv": "1"},
        **{
            "tokenId": "t",
            "account": {"accountNumber": "A00001"},
            "bank": {"accountNumber": "0009876", "bankCode": "1"},
        },
    }
    assert _without_secrets(sent) == {
        **{"IBAN": "****1234", "BankTransferAccountNumber": "***5678"},
        **{
            "tokenId": "t",
            "account": {"accountNumber": "A00001"},
            "bank": {"accountNumber": "***9876", "bankCode": "1"},
        },
    }
