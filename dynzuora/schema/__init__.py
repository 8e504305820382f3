"""Check values against Schema Objects of OpenAPI 3.0 and 3.1, and make values that are valid.

A schema is a mapping as it stands in a document; ``components`` maps the names in its
references (``#/components/schemas/NAME``) to their schemas. Pure, and no JSON Schema engine
is imported before a value is checked.

>>> components = {"Amount": {"type": "number", "minimum": 0}}
>>> schema = {"properties": {"amount": {"$ref": "#/components/schemas/Amount"}}, "required": ["amount"]}
>>> [str(problem) for problem in Checker(schema, components).problems({"amount": "-1"})]
["body.amount: is '-1'; allowed: 0 or more."]
>>> example(schema, components=components)
{'amount': 100}
>>> compose(schema, {"amount": -5}, {"amount": 7}, components=components)
{'amount': 7}

`standard_schema` and `strict_schema` return what the two levels check as JSON Schema draft
2020-12, for any engine.
"""

from dynzuora.schema.checking import Checker, CheckResult
from dynzuora.schema.dialect import standard_schema, strict_schema
from dynzuora.schema.examples import compose, example
from dynzuora.schema.fitting import surely_valid

__all__ = ["CheckResult", "Checker", "compose", "example", "standard_schema", "strict_schema", "surely_valid"]
