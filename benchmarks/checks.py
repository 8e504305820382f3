"""Checking one body: microseconds that every write pays, and what compiling costs once.

Every engine gets the same schema, that which dynzuora makes of the document's, and a body
of which all say that it is valid.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from benchmarks.documents import BODIES
from benchmarks.subjects import Kind, Loop, Setting, Subject, Target

COMPILED: Mapping[str, str] = {
    "jsonschema": "jsonschema.Draft202012Validator(schema)",
    "fastjsonschema": "fastjsonschema.compile(schema)",
    "jsonschema-rs": "jsonschema_rs.Draft202012Validator(schema)",
}
"""Engine → how it compiles a schema. It is also the name of its environment."""

CHECKED: Mapping[str, str] = {
    "jsonschema": "validator.is_valid(body)",
    "fastjsonschema": "validator(body)",
    "jsonschema-rs": "validator.is_valid(body)",
}
"""Engine → how it says whether a body is valid."""

_CHECKER = (
    "import dynzuora\n"
    "from dynzuora.schema import Checker\n"
    "operation = dynzuora.operations[{operation!r}]\n"
    "raw = operation.slice['requestBody']['content'][operation.media_type]['schema']\n"
    "components = operation.slice['components']['schemas']\n"
    "checker = Checker(raw, components)\n"
    "assert not any(checker.check(body))\n"
)


def alone(engine: str, operation: str) -> str:
    """Return the name of an engine's check of that body, with nothing round it."""
    return f"{engine} alone: the body of {operation}"


def compiling(engine: str, operation: str) -> str:
    """Return the name of an engine's compiling of that schema."""
    return f"{engine} alone: compile for {operation}"


def ours(what: str, operation: str, environment: str) -> str:
    """Return the name of dynzuora's check, or compile, for that body."""
    return f"dynzuora: {what} {operation}{', [fast]' if environment == 'fast' else ''}"


def _read(setting: Setting, operation: str) -> str:
    return (
        f"import json\nread = json.load(open({str(setting.bodies[operation])!r}))\n"
        "schema, body = read['schema'], read['body']\n"
    )


def _engine(engine: str, setting: Setting, operation: str) -> str:
    made = f"import {engine.replace('-', '_')}\nvalidator = {COMPILED[engine]}\n"
    return f"{_read(setting, operation)}{made}assert {CHECKED[engine]} is not False\n"


def validator(engine: str, setting: Setting, operation: str) -> Subject:
    """Return an engine's check of that body, in its own environment."""
    return Loop(alone(engine, operation), engine, CHECKED[engine], _engine(engine, setting, operation))


def subjects(setting: Setting) -> Sequence[Subject]:
    found: list[Subject] = []
    for each in BODIES:
        checker = _read(setting, each) + _CHECKER.format(operation=each)
        found += [
            *(validator(engine, setting, each) for engine in COMPILED),
            *(
                Loop(ours("check of", each, environment), environment, "checker.check(body)", checker)
                for environment in ("fast", "plain")
            ),
            *(
                Loop(compiling(engine, each), engine, made, _engine(engine, setting, each))
                for engine, made in COMPILED.items()
            ),
            *(
                Loop(
                    ours("compile for", each, environment),
                    environment,
                    "Checker(raw, components).check(body)",
                    checker,
                )
                for environment in ("fast", "plain")
            ),
        ]
    return found


def _targets(operation: str) -> Sequence[Target]:
    return (
        Target(
            f"body check of {operation}, `[fast]`",
            ours("check of", operation, "fast"),
            3,
            (alone("jsonschema-rs", operation),),
        ),
        Target(
            f"body check of {operation}, without",
            ours("check of", operation, "plain"),
            1.1,
            (alone("jsonschema", operation),),
        ),
        Target(
            f"compile for the body of {operation}, `[fast]`", ours("compile for", operation, "fast"), 6e-3
        ),
    )


KIND = Kind(
    "Checking one body",
    "A valid body of JSON types, already in memory; dynzuora finds unknown fields in the same pass."
    " Compiling is paid once per operation and process; dynzuora's includes the transformation of the"
    " schema and a first check.",
    subjects,
    tuple(each for operation in BODIES for each in _targets(operation)),
)
