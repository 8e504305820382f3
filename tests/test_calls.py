"""The table of the client's methods that take an operation, and everything that reads it."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

import pytest

import dynzuora
from dynzuora.calls import CALL_OPTIONS, ITERATION_OPTIONS, METHODS, Method, Options
from dynzuora.client import BoundOperation, Client
from dynzuora.comparison.usage.client_surface import REPLIES
from dynzuora.editors.jupyter import complete

GUIDE = (Path(__file__).parents[1] / "docs/guide.md").read_text(encoding="utf-8")
ALL_METHODS = pytest.mark.parametrize(("name", "method"), METHODS.items(), ids=METHODS)


def signature(name: str) -> dict[str, inspect.Parameter]:
    """The parameters of a method of the client, without ``self``."""
    parameters = {**inspect.signature(getattr(Client, name)).parameters}
    parameters.pop("self", None)
    return parameters


def test_the_table_has_every_method_that_takes_an_operation() -> None:
    public = [name for name, value in vars(Client).items() if inspect.isfunction(value) and name[0] != "_"]
    assert {name for name in public if "operation" in signature(name)} == set(METHODS)


@ALL_METHODS
def test_a_method_has_the_arguments_of_its_row(name: str, method: Method) -> None:
    parameters = signature(name)
    kinds = {parameter.kind for parameter in parameters.values()}
    named = [name for name, parameter in parameters.items() if parameter.kind is not parameter.VAR_KEYWORD]
    own = [name for name in named if name not in ("operation", "body", "params")]
    assert own == list(method.own)
    assert (inspect.Parameter.VAR_KEYWORD in kinds, {"body", "params"} <= {*named}) == (
        (method.takes_parameters,) * 2
    )


def test_a_bound_operation_has_methods_of_the_client_and_the_same_arguments() -> None:
    shared = {name for name in METHODS if hasattr(BoundOperation, name)}
    assert shared == {"prepare", "template"}
    own = {name: inspect.signature(getattr(BoundOperation, name)).parameters for name in shared}
    assert all(set(METHODS[name].own) <= set(own[name]) for name in shared)


def test_the_options_of_a_call_are_those_that_the_client_understands() -> None:
    assert Options._fields == (*CALL_OPTIONS, "orgs")


@pytest.mark.parametrize(("name", "options"), [("call", CALL_OPTIONS), ("items", ITERATION_OPTIONS)])
def test_help_names_each_option(name: str, options: tuple[str, ...]) -> None:
    text = inspect.getdoc(getattr(Client, name)) or ""
    assert [option for option in options if not re.search(rf"\b{option}\b", text)] == []


@ALL_METHODS
def test_completion_offers_ids_and_arguments_of_each_method(name: str, method: Method) -> None:
    names = {"client": dynzuora.Client.sandbox()}
    ids = [completion.text for completion in complete(f"client.{name}('GET_SequenceSets", names)[1]]
    arguments = {completion.text for completion in complete(f"client.{name}('GET_SequenceSets', ", names)[1]}
    own = {f"{keyword}=" for keyword in method.keywords}
    operation = {"pageSize=", "page=", "name=", "params="} if method.takes_parameters else set()
    assert (ids, arguments) == (["GET_SequenceSets"], own | operation)


@ALL_METHODS
def test_the_analysis_of_code_notes_each_method(name: str, method: Method, tmp_path: Path) -> None:
    argument = "[{}]" if name == "map" else "'x'" if name == "download" else ""
    code = tmp_path / "script.py"
    code.write_text(f"client.{name}('POST_A', {argument})")
    service = {"openapi": "3.0.0", "info": {"title": "t", "version": "1"}, "paths": {}}
    path = {"/a": {"post": {"operationId": "POST_A", "responses": {"200": {"description": "ok"}}}}}
    [finding] = dynzuora.diff({**service, "paths": path}, service).used_by(code).findings
    assert (finding.rule, finding.operation) == ("operation-removed", "POST_A")


def test_the_analysis_of_code_knows_which_results_are_replies() -> None:
    assert {method.result for method in METHODS.values()} - REPLIES == {"request", "path", "body"}


@ALL_METHODS
def test_the_guide_has_the_row_of_each_method(name: str, method: Method) -> None:
    groups = {"call": set(CALL_OPTIONS), "iteration": set(ITERATION_OPTIONS)}
    options = ", ".join(group for group, names in groups.items() if names <= {*method.options})
    own = ", ".join(f"`{keyword}`" for keyword in method.own)
    cells = " | ".join((f"`{name}`", method.result, own, options))
    assert f"| {cells} |" in GUIDE.replace("| |", "|  |").splitlines()


def test_the_guide_lists_each_option() -> None:
    call, iteration = (
        ", ".join(f"`{name}`" for name in names) for names in (CALL_OPTIONS, ITERATION_OPTIONS)
    )
    assert f"Call options: {call}. Options of iteration: {iteration}." in GUIDE


@pytest.mark.parametrize("level", [False, True, "", "lenient"])
def test_options_refuse_an_unknown_level(level: object) -> None:
    with pytest.raises(ValueError, match=f"^validate={level!r}: choose one of standard, strict, off\\.$"):
        Options().over({"validate": level})
