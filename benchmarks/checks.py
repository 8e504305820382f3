"""Checking one body: microseconds that every write pays, and what compiling costs once."""

from __future__ import annotations

from collections.abc import Sequence

from benchmarks.calls import BODIES, alone, jsonschema_alone
from benchmarks.subjects import Kind, Loop, Setting, Subject, Target

CHECKER = (
    "from dynzuora._schema import Checker\n"
    "raw = part['requestBody']['content'][operation.media_type]['schema']\n"
    "components = part['components']['schemas']\n"
    "checker = Checker(raw, components)\n"
    "assert not any(checker.check(body))\n"
)


def subjects(setting: Setting) -> Sequence[Subject]:
    found: list[Subject] = []
    for each in BODIES:
        setup = jsonschema_alone(each)
        found += [
            Loop(
                f"jsonschema-rs is_valid: the body of {each}",
                "fast",
                "validator.is_valid(body)",
                f"{setup}import jsonschema_rs\nvalidator = jsonschema_rs.Draft7Validator(schema)",
            ),
            Loop(f"dynzuora: check of {each}, [fast]", "fast", "checker.check(body)", setup + CHECKER),
            Loop(
                f"dynzuora: compile for {each}, [fast]",
                "fast",
                "Checker(raw, components).check(body)",
                setup + CHECKER,
            ),
            Loop(
                alone(each),
                "plain",
                "validator.is_valid(body)",
                f"{setup}from jsonschema import Draft7Validator\nvalidator = Draft7Validator(schema)",
            ),
            Loop(f"dynzuora: check of {each}", "plain", "checker.check(body)", setup + CHECKER),
        ]
    return found


def _targets(operation: str) -> Sequence[Target]:
    return (
        Target(
            f"body check of {operation}, `[fast]`",
            f"dynzuora: check of {operation}, [fast]",
            3,
            (f"jsonschema-rs is_valid: the body of {operation}",),
        ),
        Target(
            f"body check of {operation}, without", f"dynzuora: check of {operation}", 1.1, (alone(operation),)
        ),
        Target(
            f"compile for the body of {operation}, `[fast]`",
            f"dynzuora: compile for {operation}, [fast]",
            6e-3,
        ),
    )


KIND = Kind(
    "Checking one body",
    "A valid body of JSON types, already in memory; unknown fields are found in the same pass.",
    subjects,
    tuple(each for operation in BODIES for each in _targets(operation)),
)
