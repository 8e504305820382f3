"""The tree of exceptions, as ``help(dynzuora.errors)`` draws it."""

from __future__ import annotations

import pickle
import re
from collections.abc import Iterator

import pytest

from dynzuora import Client, errors

CLASSES = [value for value in vars(errors).values() if isinstance(value, type)]


def drawn(parent: type, indent: str = "    ") -> Iterator[str]:
    """Draw the classes below ``parent`` in the order of their definition."""
    children = [child for child in CLASSES if child.__bases__[0] is parent]
    for child in children:
        is_last = child is children[-1]
        yield f"{indent}{'└' if is_last else '├'}── {child.__name__}"
        yield from drawn(child, f"{indent}{' ' if is_last else '│'}   ")


def test_the_docstring_draws_the_tree_of_the_classes() -> None:
    lines = (errors.__doc__ or "").splitlines()
    tree = [match[0] for line in lines if (match := re.match(r"    (?:[│├└─ ]* )?\w+", line))]
    assert tree == ["    DynzuoraError", *drawn(errors.DynzuoraError)]


def test_the_docstring_names_what_each_exception_also_is() -> None:
    also = {
        error.__name__: error.__bases__[1].__name__
        for error in CLASSES
        if issubclass(error, errors.DynzuoraError) and len(error.__bases__) > 1
    }
    assert also == dict(re.findall(r"─ (\w+) .*\(also an? (\w+)\)", errors.__doc__ or ""))


def test_an_error_shows_its_request_and_how_to_send_it_again() -> None:
    with Client.sandbox() as client, pytest.raises(errors.ApiError) as caught:
        client.call("GET_Account", account_key="none")
    error = pickle.loads(pickle.dumps(caught.value))
    assert error.request == client.prepare("GET_Account", account_key="none")
    assert error.url == "https://sandbox.invalid/v1/accounts/none"
    assert error.curl() == error.request.curl()


def test_an_error_without_an_answer_shows_its_request_too() -> None:
    with (
        Client.sandbox(
            faults=[{"operation": "GET_Account", "fault": "lost_request", "times": None}]
        ) as client,
        pytest.raises(errors.TransportError) as caught,
    ):
        client.call("GET_Account", account_key="A00000001")
    assert caught.value.url == "https://sandbox.invalid/v1/accounts/A00000001"


def test_an_error_of_a_log_in_keeps_no_request_for_it_holds_a_secret() -> None:
    with Client.sandbox(faults={"createToken": "401"}) as client, pytest.raises(errors.AuthError) as caught:
        client.call("GET_Account", account_key="A00000001")
    assert (caught.value.request, caught.value.url, caught.value.curl()) == (None, "", "")
