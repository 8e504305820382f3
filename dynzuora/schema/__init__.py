"""The OpenAPI dialect on any JSON Schema engine: what a value breaks, and values that break nothing.

Pure: schemas and plain values in, plain values out; no engine is imported before a value is checked.
"""

from dynzuora.schema.checking import Checker, Findings
from dynzuora.schema.dialect import standard_schema, strict_schema
from dynzuora.schema.examples import compose, example
from dynzuora.schema.fitting import surely_valid

__all__ = ["Checker", "Findings", "compose", "example", "standard_schema", "strict_schema", "surely_valid"]
