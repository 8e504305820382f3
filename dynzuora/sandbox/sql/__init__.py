"""SQL over a tenant's records, for data queries: Trino's dialect, run by SQLite.

`rows` answers a statement. `parsing` checks it and writes SQLite's, `values` and `functions` keep
amounts exact, and `running` bounds what a statement may take.
"""

from dynzuora.sandbox.sql.catalog import Catalog
from dynzuora.sandbox.sql.functions import matches
from dynzuora.sandbox.sql.running import Result, rows
from dynzuora.sandbox.sql.values import SqlError

__all__ = ["Catalog", "Result", "SqlError", "matches", "rows"]
