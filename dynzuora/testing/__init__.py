"""Fixtures for pytest, registered where both are installed: a sandbox client, and its address.

::

    def test_an_account_is_closed(zuora):               # a client of a sandbox of the test's own
        close_account(zuora, "A00000001")
        assert zuora.call("GET_Account", account_key="A00000001")["basicInfo"]["status"] == "Canceled"

    def test_the_report(zuora_server):                  # the same over HTTP; Client() goes there, too
        subprocess.run(["python", "report.py"], check=True)

pytest imports this file at its start, so it imports nothing that a run without these fixtures
does not need.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from dynzuora.client import Client

_LOGIN = {"ZUORA_CLIENT_ID": "0" * 36, "ZUORA_CLIENT_SECRET": "sandbox"}
_OTHERS = ("ZUORA_ENV", "ZUORA_TOKEN", "ZUORA_TOKEN_URL", "DYNZUORA_PROFILE")


@pytest.fixture(scope="session")
def zuora_spec() -> Any:
    """The document of the fixtures, None for the default. Override it for another version."""
    return None


@pytest.fixture
def zuora(zuora_spec: Any) -> Iterator[Client]:
    """A client of a sandbox in this process, new for each test. Nothing reaches Zuora."""
    from dynzuora.client import Client

    with Client.sandbox(zuora_spec) as client:
        yield client


@pytest.fixture
def zuora_server(zuora: Client, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The address of the sandbox of ``zuora``, over HTTP on this machine.

    For the test, the environment variables point there: ``Client()`` goes there, and so does one
    in a process that the test starts.
    """

    from dynzuora.sandbox.server import make_server

    tenant = zuora._connection.adapter.sandbox
    server = make_server(tenant)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    address = f"http://{server.host}:{server.port}"
    for name in _OTHERS:
        monkeypatch.delenv(name, raising=False)
    places = {"ZUORA_BASE_URL": address, "ZUORA_ENTITY": tenant.store.entities[0]}
    for name, value in {**_LOGIN, **places}.items():
        monkeypatch.setenv(name, value)
    yield address
    server.shutdown()
    thread.join()
    server.server_close()
