"""A client learns the fields of its tenant's objects: it checks custom fields, and has them in templates."""

from __future__ import annotations

import io
import json
import re
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from dynzuora import Client
from dynzuora.custom_fields import Field, ObjectFields, TenantObjects
from dynzuora.custom_fields.bodies import object_of
from dynzuora.custom_fields.objects import from_elements
from dynzuora.editors.jupyter import complete
from dynzuora.errors import FileError, NotFound, RequestWarning
from dynzuora.files import described
from dynzuora.shell import shell

XML = b"""<?xml version="1.0" encoding="UTF-8"?>
<object><name>Account</name><label>Account</label><fields>
<field><name>Id</name><label>Account ID</label><required>true</required><custom>false</custom>
<type>text</type><maxlength>32</maxlength><contexts><context>soap</context><context>export</context></contexts></field>
<field><name>Region__c</name><label>Region</label><required>false</required><custom>true</custom>
<type>picklist</type><options><option>North, by sea</option><option>South</option></options></field>
</fields></object>"""

ID = Field("Id", "text", False, False, "Account ID", (), 32, ("soap", "export"))
REGION = Field("Region__c", "picklist", True, True, "Region", ("North, by sea", "South"))
ACCOUNT = ObjectFields("Account", (ID, REGION), "2026-11-30T10:00:00+00:00")

BODY = {
    "name": "Pear",
    "currency": "USD",
    "billCycleDay": 1,
    "autoPay": False,
    "billToContact": {"firstName": "A", "lastName": "B", "country": "US"},
}


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("DYNZUORA_HOME", str(tmp_path))
    return tmp_path


def client_of(url: str, client_id: str = "me", **options: Any) -> Client:
    return Client(environment=url, client_id=client_id, client_secret="not-a-secret", **options)


@pytest.fixture
def tenant(home: Path) -> Client:
    """A client of a tenant whose accounts have the custom field Region__c."""
    client = client_of("http://127.0.0.1:9")
    client._connection.objects.put(ACCOUNT)
    return client


# -- learning ---------------------------------------------------------------------------


def test_a_description_becomes_fields_with_their_types() -> None:
    elements = described(io.BytesIO(XML), "the description")
    assert from_elements("Account", elements, ACCOUNT.learned) == ACCOUNT


def test_fields_are_looked_up_by_name_and_the_nearest_is_named() -> None:
    assert (ACCOUNT["Id"], "Region__c" in ACCOUNT, ACCOUNT.custom, len(ACCOUNT)) == (ID, True, (REGION,), 2)
    with pytest.raises(KeyError, match=r"Account has no field 'Regoin__c'. Did you mean Region__c"):
        ACCOUNT["Regoin__c"]


def test_fields_are_displayed_custom_ones_first() -> None:
    assert repr(ACCOUNT).splitlines() == [
        "Account: 2 fields, 1 of them custom; learned 2026-11-30T10:00:00+00:00",
        "name       type      nullable  custom  options",
        "Region__c  picklist  yes       yes     North, by sea, South",
        "Id         text      no",
    ]
    assert "<td>Region__c</td>" in ACCOUNT._repr_html_().replace(' style="text-align:left"', "")


def test_the_sandbox_describes_the_fields_that_its_records_have() -> None:
    client = Client.sandbox()
    client.call("POST_Account", body={**BODY, "Region__c": "South"})
    assert [field.name for field in client.describe("Account").custom] == ["Region__c"]


def test_an_object_that_the_tenant_does_not_have_is_not_found() -> None:
    with pytest.raises(NotFound, match="no object Acount"):
        Client.sandbox().describe("Acount")


def test_what_was_learned_is_not_asked_for_again_until_refreshed() -> None:
    client = Client.sandbox()
    first = client.describe("Account")
    client.call("POST_Account", body={**BODY, "Region__c": "South"}, validate="off")
    assert client.describe("Account") is first
    assert [field.name for field in client.describe("Account", refresh=True).custom] == ["Region__c"]


def test_a_view_of_another_entity_learns_its_own_fields() -> None:
    client = Client.sandbox()
    client.describe("Account")
    other = client.with_entity("0" * 32)
    assert (client._caller.known("Account") is None, other._caller.known("Account")) == (False, None)


# -- keeping ----------------------------------------------------------------------------


def test_what_was_learned_is_kept_for_the_same_login_at_the_same_address(tenant: Client) -> None:
    def known(url: str, client_id: str) -> ObjectFields | None:
        return client_of(url, client_id)._caller.known("Account")

    assert known("http://127.0.0.1:9", "me") == ACCOUNT
    assert [known("http://127.0.0.1:8", "me"), known("http://127.0.0.1:9", "you")] == [None, None]


def test_only_the_user_can_read_what_is_kept(tenant: Client, home: Path) -> None:
    [file] = home.glob("cache/fields/*/Account.json")
    paths = (file, file.parent, file.parent.parent)
    assert [stat.S_IMODE(path.stat().st_mode) for path in paths] == [0o600, 0o700, 0o700]
    assert "me" not in str(file.relative_to(home)).split("/")


@pytest.mark.parametrize(
    "content", [b"", b"{}", b"[1]", b'{"name": "Account", "learned": "", "fields": [{}]}']
)
def test_a_damaged_file_is_as_if_nothing_was_learned(tenant: Client, home: Path, content: bytes) -> None:
    [file] = home.glob("cache/fields/*/Account.json")
    file.write_bytes(content)
    assert client_of("http://127.0.0.1:9")._caller.known("Account") is None


@pytest.mark.parametrize(
    "client",
    [Client.sandbox, lambda: Client(environment="http://127.0.0.1:9", token="not-a-token")],
    ids=["sandbox", "token"],
)
def test_a_tenant_that_cannot_be_known_again_leaves_no_file(home: Path, client: Callable[[], Client]) -> None:
    objects = client()._connection.objects
    objects.put(ACCOUNT)
    assert (objects.get("Account"), list(home.glob("cache/fields"))) == (ACCOUNT, [])


def test_a_folder_that_cannot_be_written_is_done_without(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("DYNZUORA_HOME", str(tmp_path / "file"))
    objects = TenantObjects(lambda: "tenant")
    objects.put(ACCOUNT)
    assert (objects.get("Account"), objects.names()) == (ACCOUNT, ["Account"])


# -- using ------------------------------------------------------------------------------


def test_a_misspelt_custom_field_is_a_warning_with_the_nearest(tenant: Client) -> None:
    [problem] = tenant.prepare("POST_Account", body={**BODY, "Regoin__c": "South"}).warnings
    assert str(problem) == (
        "body.Regoin__c: Account has no such custom field; the server would silently ignore it. "
        'Learned on 2026-11-30; client.describe("Account", refresh=True) learns it again. '
        "Did you mean Region__c?"
    )


@pytest.mark.parametrize(
    "body",
    [
        {**BODY, "Region__c": "South"},
        {**BODY, "Class__NS": "x"},
        {**BODY, "billToContact": {**BODY["billToContact"], "Anything__c": 1}},  # type: ignore[dict-item]
    ],
    ids=["known", "of-a-connector", "object-not-described"],
)
def test_a_custom_field_that_may_exist_is_no_warning(tenant: Client, body: dict[str, Any]) -> None:
    assert tenant.prepare("POST_Account", body=body).warnings == ()


def test_a_field_is_checked_against_the_object_where_it_stands(tenant: Client) -> None:
    tenant._connection.objects.put(ObjectFields("Contact", (Field("Shoe__c", "text", custom=True),), "2026"))
    contact = {**BODY["billToContact"], "Region__c": "South"}  # type: ignore[dict-item]
    [problem] = tenant.prepare("POST_Account", body={**BODY, "billToContact": contact}).warnings
    assert problem.path == "body.billToContact.Region__c"


def test_nothing_is_checked_where_nothing_is_checked(tenant: Client) -> None:
    request = tenant.prepare("POST_Account", body={**BODY, "Regoin__c": "South"}, validate="off")
    assert request.warnings == ()


def test_a_call_issues_the_warning() -> None:
    client = Client.sandbox()
    client._connection.objects.put(ACCOUNT, client._caller.options.entity)
    with pytest.warns(RequestWarning, match="Did you mean Region__c?"):
        client.call("POST_Account", body={**BODY, "Regoin__c": "South"})


def test_a_template_has_the_custom_fields_unless_only_what_is_required_is_wanted(tenant: Client) -> None:
    whole, required = (tenant.template("POST_Account", required_only=only) for only in (False, True))
    assert (whole["Region__c"], "Region__c" in required) == ("North, by sea", False)
    assert tenant.prepare("POST_Account", body=whole).warnings == ()


@pytest.mark.parametrize(
    ("kind", "of"),
    [("boolean", bool), ("integer", int), ("date", str), ("decimal", int)],
)
def test_a_template_has_values_of_the_field_s_type(tenant: Client, kind: str, of: type) -> None:
    field = Field("Own__c", kind, custom=True)
    tenant._connection.objects.put(ObjectFields("Account", (field,), "2026"))
    assert type(tenant.template("POST_Account")["Own__c"]) is of


def test_tab_completes_a_custom_field_in_a_body(tenant: Client) -> None:
    fragment, offered = complete("client.call('POST_Account', body={'Reg", {"client": tenant})
    assert (fragment, [completion.text for completion in offered]) == ("Reg", ["Region__c"])


def test_the_shell_describes_an_object_and_says_when_it_was_learned(home: Path) -> None:
    ran = CliRunner().invoke(
        shell, ["describe", "Account", "--sandbox", "-o", "json"], catch_exceptions=False
    )
    [balance] = [field for field in json.loads(ran.stdout) if field["name"] == "Balance"]
    assert (balance["type"], balance["custom"], balance["contexts"]) == ("text", False, ["soap", "export"])
    assert re.fullmatch(r"Learned 20\S+; --refresh asks again\.\n", ran.stderr)


@pytest.mark.parametrize(
    ("component", "name"),
    [
        ("AccountObjectCustomFields", "Account"),
        ("PaymentScheduleCustomFields", "PaymentSchedule"),
        ("OrdersRatePlanObjectCustomFields", "RatePlan"),
    ],
)
def test_a_component_names_the_object_whose_fields_it_stands_for(component: str, name: str) -> None:
    assert object_of(component) == name


def test_entities_in_a_description_are_not_read() -> None:
    bomb = b'<!DOCTYPE x [<!ENTITY a "b">]><object><fields><field><name>&a;</name></field></fields></object>'
    with pytest.raises(FileError, match="declares a document type"):
        list(described(io.BytesIO(bomb), "it"))
