"""A discriminator on the parent, children by ``allOf``: each child is known wherever the parent stands."""

from __future__ import annotations

import itertools
from typing import Any

import jsonschema
import pytest

import dynzuora
from dynzuora.editors import stubs
from dynzuora.errors import InvalidRequest
from dynzuora.operation import Operation
from tests.documents import body_of, document, operation


def ref(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}


def child(parent: str, name: str, kind: str, **more: Any) -> dict[str, Any]:
    return {"allOf": [ref(parent), {"type": "object", "properties": {name: {"type": kind}}, **more}]}


KIND = {"kind": {"type": "string"}, "name": {"type": "string"}}
PET = {"type": "object", "required": ["kind"], "properties": KIND, "discriminator": {"propertyName": "kind"}}
CAT = child("Pet", "lives", "integer", required=["lives"])
DOG = child("Pet", "bark", "string")
KITTEN = child("Cat", "weeks", "integer")
PETS = {
    "Pet": PET | {"discriminator": {"propertyName": "kind", "mapping": {"cat": "#/components/schemas/Cat"}}},
    "Cat": CAT,
    "Dog": DOG,
    "Kitten": KITTEN,
}


def taking(schema: dict[str, Any], **schemas: Any) -> dict[str, Any]:
    answer = {"200": {"description": "", "content": {"application/json": {"schema": schema}}}}
    create = operation("POST_Pet", requestBody=body_of("application/json", schema), responses=answer)
    read = operation(
        "GET_Pet", {"name": "id", "in": "path", "required": True, "schema": {}}, responses=answer
    )
    paths = {"/pets": {"post": create}, "/pets/{id}": {"get": read}}
    return document(paths, components={"schemas": schemas or PETS})


def post(schema: dict[str, Any] | None = None, **schemas: Any) -> Operation:
    return dynzuora.load(taking(schema or ref("Pet"), **schemas)).operations["POST_Pet"]


def problems(operation: Operation, body: Any, validate: str = "strict") -> list[str]:
    try:
        request = operation.prepare(body, validate=validate)
    except InvalidRequest as error:
        return [str(problem) for problem in error.problems]
    return [str(warning) for warning in request.warnings]


#: Pet by the letter of OpenAPI, as JSON Schema that says which child a value is.
EXPANDED = {
    "type": "object",
    "required": ["kind"],
    "properties": {
        "kind": {"enum": ["cat", "Dog", "Kitten", "Pet"]},
        "name": {"type": "string"},
        "friend": {"$ref": "#"},
    },
    "allOf": [
        {
            "if": {"properties": {"kind": {"const": kind}}, "required": ["kind"]},
            "then": {
                "properties": {name: {"type": type} for name, type in fields.items()},
                "required": required,
            },
        }
        for kind, fields, required in (
            ("cat", {"lives": "integer"}, ["lives"]),
            ("Dog", {"bark": "string"}, []),
            ("Kitten", {"lives": "integer", "weeks": "integer"}, ["lives"]),
        )
    ],
}
VALUES: dict[str, tuple[Any, ...]] = {
    "kind": ("cat", "Cat", "Dog", "Kitten", "Pet", "fish", 1, None),
    "name": ("A", 1),
    "lives": (9, "many", None),
    "bark": ("loud", 1, None),
    "weeks": (3, "x", None),
}


def test_strict_agrees_with_jsonschema_on_the_expanded_schema() -> None:
    prepare = post().prepare
    judge = jsonschema.Draft202012Validator(EXPANDED)
    differing = []
    for values in itertools.product(*VALUES.values()):
        body = {name: value for name, value in zip(VALUES, values, strict=True) if value is not None}
        try:
            prepare(body, validate="strict")
            is_valid = True
        except InvalidRequest:
            is_valid = False
        if is_valid != judge.is_valid(body):
            differing.append(body)
    assert differing == []


@pytest.mark.parametrize("validate", ["standard", "strict"])
@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"kind": "cat", "lives": 9}, []),
        ({"kind": "Kitten", "lives": 9, "weeks": 1}, []),
        ({"kind": "Dog", "bark": "loud"}, []),
        ({"kind": "Pet"}, []),
        ({"kind": "cat", "lives": "many"}, ["body.lives: expected an integer, got 'many'."]),
        ({"kind": "cat"}, ["body.lives: is required."]),
        ({"lives": 9}, ["body.kind: is required."]),
        (
            {"kind": "fish"},
            ["body.kind: expected one of 'cat', 'Dog', 'Kitten', 'Pet'; got 'fish'."],
        ),
        (
            {"kind": "Dog", "brak": "loud"},
            ["body.brak: unknown field; the server would silently ignore it. Did you mean bark?"],
        ),
    ],
)
def test_a_child_is_checked_as_itself(body: Any, message: list[str], validate: str) -> None:
    kitten_last = {name: PETS[name] for name in ("Pet", "Cat", "Dog", "Kitten")}
    found = problems(post(**kitten_last), body, validate)
    assert [text.replace("'cat', 'Kitten', 'Dog'", "'cat', 'Dog', 'Kitten'") for text in found] == message


def test_the_name_of_a_child_may_be_written_in_any_case_unless_strict() -> None:
    body = {"kind": "CAT", "lives": 9}
    assert problems(post(), body, "standard") == []
    assert problems(post(), body) == ["body.kind: expected 'cat'; got 'CAT'. Did you mean cat?"]


NUMBERED = PET | {
    "properties": {"kind": {"type": "integer"}},
    "discriminator": {"propertyName": "kind", "mapping": {"1": "Cat"}},
}


@pytest.mark.parametrize(
    ("pet", "cat", "value"),
    [
        (PET, CAT, "Cat"),
        (PET | {"discriminator": {"propertyName": "kind", "mapping": {"c": "Cat"}}}, CAT, "c"),
        (PET, {"allOf": [*CAT["allOf"], {"properties": {"kind": {"enum": ["feline"]}}}]}, "feline"),
        (PET, CAT | {"properties": {"kind": {"enum": ["feline"]}}}, "feline"),
        (PET | {"properties": {"kind": {"type": "string", "enum": ["CAT", "fish"]}}}, CAT, "CAT"),
        (PET | {"oneOf": [ref("Cat")]}, CAT, "Cat"),
        (PET | {"anyOf": [ref("Cat")], "properties": KIND}, CAT, "Cat"),
        (PET, {"allOf": [{"allOf": [ref("Pet")]}, CAT["allOf"][1]]}, "Cat"),
        (PET, child("Animal", "lives", "integer"), "Cat"),
        (NUMBERED, CAT, 1),
    ],
    ids=[
        *("its name", "mapping", "demanded in allOf", "demanded", "the parent's enum", "oneOf", "anyOf"),
        *("allOf in allOf", "another name of the parent", "a number"),
    ],
)
def test_a_child_is_told_by(pet: dict[str, Any], cat: dict[str, Any], value: str) -> None:
    operation = post(Pet=pet, Cat=cat, Animal=ref("Pet"))
    assert problems(operation, {"kind": value, "lives": 9}) == []
    assert problems(operation, {"kind": value, "lives": "x"}) == ["body.lives: expected an integer, got 'x'."]
    assert problems(operation, {"kind": "nobody", "lives": 9}) != []


def test_a_value_that_the_parent_lists_and_no_child_has_is_a_parent() -> None:
    kinds = {"kind": {"type": "string", "enum": ["Cat", "fish"]}}
    assert problems(post(Pet=PET | {"properties": kinds}, Cat=CAT), {"kind": "fish"}) == []


def test_a_parent_is_known_wherever_it_stands() -> None:
    owner = {"type": "object", "properties": {"pets": {"type": "array", "items": ref("Pet")}}}
    operation = post(ref("Owner"), Owner=owner, **PETS)
    body = {"pets": [{"kind": "cat", "lives": 9}, {"kind": "Dog", "bark": 1}]}
    assert problems(operation, body) == ["body.pets[1].bark: expected a string, got 1."]


def test_a_child_with_children_takes_them_and_no_other() -> None:
    operation = post(ref("Cat"))
    assert problems(operation, {"kind": "Kitten", "lives": 1, "weeks": 1}) == []
    assert problems(operation, {"kind": "Dog"}) == [
        "body.lives: is required.",
        "body.kind: expected one of 'Kitten', 'cat'; got 'Dog'.",
    ]


def test_a_pointer_into_a_parent_still_leads_there() -> None:
    body = {"type": "object", "properties": {"name": {"$ref": "#/components/schemas/Pet/properties/name"}}}
    assert problems(post(body), {"name": 1}) == ["body.name: expected a string, got 1."]


def test_a_child_with_a_discriminator_of_its_own_tells_its_children_by_that() -> None:
    cat = CAT | {"discriminator": {"propertyName": "breed"}}
    manx = child("Cat", "tail", "boolean")
    operation = post(Pet=PET, Cat=cat, Manx=manx)
    body = {"kind": "Cat", "breed": "Manx", "lives": 9, "tail": "none"}
    assert problems(operation, body) == ["body.tail: expected true or false, got 'none'."]


def test_swagger_2_names_the_property_alone() -> None:
    definitions = {
        "Pet": PET | {"discriminator": "kind"},
        "Cat": {"allOf": [{"$ref": "#/definitions/Pet"}, CAT["allOf"][1]]},
    }
    body = {"name": "body", "in": "body", "schema": {"$ref": "#/definitions/Pet"}}
    paths = {"/pets": {"post": {"operationId": "POST_Pet", "parameters": [body], "responses": {}}}}
    spec = {
        "swagger": "2.0",
        "info": {"title": "Tiny", "version": "1"},
        "paths": paths,
        "definitions": definitions,
    }
    operation = dynzuora.load(spec).operations["POST_Pet"]
    assert problems(operation, {"kind": "Cat", "lives": "x"}) == ["body.lives: expected an integer, got 'x'."]


def test_a_template_is_a_child() -> None:
    assert post().template() == {"kind": "cat", "name": "Name", "lives": 1}


def test_a_card_shows_the_children_by_name() -> None:
    rows = post().card()["body"]["fields"]
    assert [(row["name"], row["type"]) for row in rows] == [
        ("kind", "string"),
        ("name", "string"),
        ("(choice 1)", "Cat"),
        ("(choice 2)", "Kitten"),
        ("(choice 3)", "Dog"),
        ("(choice 4)", "Pet"),
    ]


def test_a_stub_has_the_fields_of_every_child() -> None:
    text = stubs.ops(dynzuora.load(taking(ref("Pet"))))
    typed = text.partition("B_Pet = TypedDict('B_Pet', {\n")[2].partition("\n}")[0]
    assert [line.strip() for line in typed.splitlines()] == [
        "'kind': Required[str | Literal['cat'] | Literal['Kitten'] | Literal['Dog'] "
        "| Literal['Pet'] | None],",
        "'name': str | None,",
        "'lives': int | None,",
        "'weeks': int | None,",
        "'bark': str | None,",
    ]


def test_the_sandbox_keeps_and_shows_a_child() -> None:
    pet = PET | {"properties": KIND | {"id": {"type": "string", "readOnly": True}}}
    client = dynzuora.Client.sandbox(taking(ref("Pet"), **PETS | {"Pet": pet}))
    body = {"kind": "Kitten", "name": "A", "lives": 9, "weeks": 3}
    created = client.call("POST_Pet", body=body)
    assert created == {**body, "id": created["id"]}
    assert client.call("GET_Pet", id=created["id"]) == created


def test_the_sandbox_checks_a_child() -> None:
    client = dynzuora.Client.sandbox(taking(ref("Pet")))
    with pytest.raises(dynzuora.errors.ApiError, match=r"body.lives: expected an integer, got 'many'"):
        client.call("POST_Pet", body={"kind": "cat", "lives": "many"}, validate="off")


def test_a_value_that_is_nobodys_may_stand_for_a_child_in_3_2() -> None:
    discriminator = {"propertyName": "kind", "defaultMapping": "#/components/schemas/Dog"}
    operation = post(**PETS | {"Pet": PET | {"discriminator": discriminator}})
    assert problems(operation, {"kind": "wolf", "bark": "loud"}) == []
    assert problems(operation, {"kind": "wolf", "bark": 1}) != []


@pytest.mark.parametrize("keyword", ["oneOf", "anyOf"])
@pytest.mark.parametrize("version", ["3.0.3", "3.1.0"])
def test_a_discriminator_tells_alternatives_apart_that_do_not_say_which_they_are(
    version: str, keyword: str
) -> None:
    cat = {"type": "object", "properties": {"kind": {"type": "string"}, "lives": {"type": "integer"}}}
    dog = {"type": "object", "properties": {"kind": {"type": "string"}, "bark": {"type": "string"}}}
    discriminator = {"propertyName": "kind", "mapping": {"cat": "#/components/schemas/Cat"}}
    pet = {keyword: [ref("Cat"), ref("Dog")], "discriminator": discriminator}
    document = taking(pet, Cat=cat, Dog=dog) | {"openapi": version}
    operation = dynzuora.load(document).operations["POST_Pet"]
    assert [
        problems(operation, body)
        for body in (
            {"kind": "cat", "lives": 9},
            {"kind": "Dog", "bark": "loud"},
            {"kind": "cat", "lives": "many"},
            {"kind": "fish"},
        )
    ] == [
        [],
        [],
        ["body.lives: expected an integer, got 'many'."],
        ["body.kind: expected one of 'cat', 'Dog'; got 'fish'."],
    ]
    assert operation.template() == {"kind": "cat", "lives": 1}
