"""Properties that hold for any schema and any value: two engines, the prefilter and `fits` never disagree."""

from __future__ import annotations

import copy
from decimal import Decimal
from typing import Any, NamedTuple

import jsonschema_rs
from hypothesis import given, settings
from hypothesis import strategies as st

from dynzuora.schema import Checker, compose, example, standard_schema, strict_schema
from dynzuora.schema.dialect import translate
from dynzuora.schema.fields import Knowledge, SchemaLocation, strangers
from dynzuora.schema.fitting import Rules, fits
from dynzuora.schema.keywords import Variant

thorough = settings(max_examples=300, deadline=None, derandomize=True, database=None)

names = st.sampled_from(["id", "name", "amount", "items", "tax__c", "Name"])
texts = st.sampled_from(
    ["", "a", "A", "yes", "No", "true", "1", "1.50", "1e3", " 1", "USD", "usd", "a\n", "ä"]
)
numbers = st.sampled_from(
    [
        0,
        1,
        -1,
        2,
        10**20,
        0.1,
        1.0,
        2.5,
        1e300,
        Decimal("0.10"),
        Decimal("1.0"),
        Decimal("1E+3"),
        Decimal("0.075"),
    ]
)
scalars = st.one_of(st.none(), st.booleans(), texts, numbers)
values = st.recursive(
    scalars,
    lambda below: st.lists(below, max_size=3) | st.dictionaries(names, below, max_size=4),
    max_leaves=12,
)
references = st.sampled_from(["A", "B"]).map(lambda name: {"$ref": f"#/components/schemas/{name}"})


def optional(**keywords: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({}, optional=keywords)


def joined(*schemas: st.SearchStrategy[dict[str, Any]]) -> st.SearchStrategy[dict[str, Any]]:
    return st.tuples(*schemas).map(lambda each: {key: value for part in each for key, value in part.items()})


flags = optional(nullable=st.booleans(), readOnly=st.booleans())
strings = joined(
    st.just({"type": "string"}),
    flags,
    optional(
        enum=st.lists(st.one_of(texts, st.booleans()), min_size=1, max_size=4),
        minLength=st.integers(0, 2),
        maxLength=st.integers(0, 4),
        pattern=st.sampled_from(["^[a-z]*$", r"\d", "(a+)+", "^U"]),
        format=st.sampled_from(["date", "date-time", "uuid"]),
    ),
)
numeric = joined(
    st.sampled_from(["number", "integer"]).map(lambda name: {"type": name}),
    flags,
    optional(
        enum=st.lists(numbers, min_size=1, max_size=3),
        minimum=st.sampled_from([0, 0.1, 1]),
        maximum=st.sampled_from([0.1, 1, 10**20]),
        exclusiveMinimum=st.booleans(),
        exclusiveMaximum=st.booleans(),
        multipleOf=st.sampled_from([0.01, 0.1, 1, 3]),
    ),
)
others = joined(st.sampled_from([{"type": "boolean"}, {}, {"enum": [1, "x", None]}]), flags)


def containers(below: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    branches = st.lists(below, min_size=1, max_size=3)
    objects = joined(
        st.just({"type": "object"}),
        flags,
        optional(
            properties=st.dictionaries(names, below, min_size=1, max_size=4),
            required=st.lists(names, min_size=1, max_size=2),
            additionalProperties=st.one_of(st.booleans(), below),
            minProperties=st.integers(0, 2),
            maxProperties=st.integers(0, 3),
            allOf=branches,
            anyOf=branches,
        ),
        optional(
            patternProperties=st.dictionaries(st.sampled_from(["^n", "__c$", "."]), below, max_size=2),
            propertyNames=st.sampled_from(
                [{"maxLength": 4}, {"enum": ["id", "name"]}, {"pattern": "^[a-z]"}]
            ),
            dependentRequired=st.dictionaries(names, st.lists(names, max_size=2), max_size=2),
            dependentSchemas=st.dictionaries(names, below, max_size=2),
            unevaluatedProperties=st.one_of(st.booleans(), below),
        ),
    )
    arrays = joined(
        st.just({"type": "array"}),
        flags,
        st.fixed_dictionaries({"items": below}),
        optional(minItems=st.integers(0, 2), maxItems=st.integers(0, 3), uniqueItems=st.booleans()),
    )
    tuples = joined(
        st.just({"type": "array"}),
        optional(
            prefixItems=branches,
            items=below,
            contains=below,
            minContains=st.integers(0, 2),
            maxContains=st.integers(0, 2),
            unevaluatedItems=st.one_of(st.booleans(), below),
            allOf=branches,
        ),
    )
    conditions = joined(
        st.fixed_dictionaries({"if": below}),
        optional(**{"then": below, "else": below, "unevaluatedProperties": st.booleans()}),
    )
    together = st.one_of(
        *(st.fixed_dictionaries({keyword: branches}) for keyword in ("allOf", "anyOf", "oneOf")),
        st.fixed_dictionaries({"not": below}),
    )
    return st.one_of(objects, objects, arrays, tuples, conditions, together)


schemas = st.recursive(st.one_of(strings, numeric, others, references), containers, max_leaves=8)
documents = st.fixed_dictionaries({"A": schemas, "B": schemas})
levels = st.sampled_from(["standard", "strict"])


class Case(NamedTuple):
    """A schema, what it may refer to, and a value that often nearly fits."""

    schema: Any
    components: dict[str, Any]
    value: Any


@st.composite
def cases(draw: st.DrawFn) -> Case:
    schema, components = draw(schemas), draw(documents)
    if draw(st.booleans()):
        return Case(schema, components, draw(values))
    value = copy.deepcopy(example(schema, components=components))
    for _ in range(draw(st.integers(0, 2))):
        value = changed(value, draw)
    return Case(schema, components, value)


def changed(value: Any, draw: st.DrawFn) -> Any:
    """Return ``value`` with something in it taken away, added or put in another's place."""
    if isinstance(value, dict) and draw(st.booleans()):
        name = draw(st.sampled_from([*value, "name", "amonut"]))
        if name in value and draw(st.booleans()):
            return {key: each for key, each in value.items() if key != name}
        return {**value, name: changed(value.get(name), draw)}
    if isinstance(value, list) and value and draw(st.booleans()):
        return [changed(value[0], draw), *value[1:], *draw(st.lists(values, max_size=2))]
    return draw(values)


@thorough
@given(cases(), levels)
def test_both_engines_say_the_same_of_every_value(case: Case, level: Any) -> None:
    transform = standard_schema if level == "standard" else strict_schema
    engine = jsonschema_rs.Draft202012Validator(transform(case.schema, case.components))
    explained = Checker(case.schema, case.components, level=level, engine="jsonschema").problems(case.value)
    assert engine.is_valid(case.value) == (not explained), explained


@thorough
@given(cases(), levels)
def test_the_fast_way_finds_what_the_thorough_way_finds(case: Case, level: Any) -> None:
    fast = Checker(case.schema, case.components, level=level)
    slow = Checker(case.schema, case.components, level=level, engine="jsonschema")
    assert fast.check(case.value) == slow.check(case.value)
    assert fast.check(case.value) == (fast.problems(case.value), fast.unknown_fields(case.value))


@thorough
@given(cases(), levels)
def test_what_passes_the_prefilter_is_valid_and_has_no_unknown_field(case: Case, level: Any) -> None:
    knowledge = Knowledge(case.components, ("__c",), ("A",))
    variant = Variant(level == "standard", "readOnly")
    prefilter = translate(
        case.schema, case.components, variant._replace(prefilter=True), knowledge=knowledge
    ).schema
    if jsonschema_rs.Draft202012Validator(prefilter).is_valid(case.value):
        whole = translate(case.schema, case.components, variant, knowledge=knowledge).schema
        assert jsonschema_rs.Draft202012Validator(whole).is_valid(case.value)
        assert strangers(case.value, SchemaLocation([case.schema], knowledge)) == []


@thorough
@given(cases())
def test_what_is_strictly_valid_is_valid_by_the_standard(case: Case) -> None:
    if Checker(case.schema, case.components, level="strict").problems(case.value) == ():
        assert Checker(case.schema, case.components).problems(case.value) == ()


@thorough
@given(cases())
def test_fits_says_what_the_engine_says(case: Case) -> None:
    checker = Checker(case.schema, case.components, level="strict")
    if checker.not_checked == ():
        fitting = fits(case.schema, case.value, Rules(case.components, "readOnly"))
        assert fitting == (checker.problems(case.value) == ())


@thorough
@given(cases(), st.lists(values, max_size=2), st.booleans())
def test_what_is_composed_is_valid_or_no_source_is(case: Case, more: list[Any], fill: bool) -> None:
    checker = Checker(case.schema, case.components, level="strict", direction="response")
    sources = [case.value, *more]
    made = compose(case.schema, *sources, fill=fill, components=case.components)
    if checker.not_checked == ():
        assert checker.problems(made) == () or all(map(checker.problems, sources))


@thorough
@given(cases())
def test_an_example_does_not_depend_on_chance(case: Case) -> None:
    once = example(case.schema, components=case.components)
    assert once == example(case.schema, components=copy.deepcopy(case.components))
