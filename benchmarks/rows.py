"""Rows of a list as tables: fetched in pages, decoded, and turned into Arrow, pandas and Parquet."""

from __future__ import annotations

from collections.abc import Sequence

from benchmarks.subjects import Kind, Loop, Process, Setting, Subject, Target

ROWS, MILLION = 100_000, 1_000_000
MOST_MEGABYTES, MOST_MEGABYTES_OF_A_FRAME = 40, 49
"""What a table and a DataFrame of `ROWS` may add to a process that has read one page."""

ENVIRONMENT, FAST_ENVIRONMENT = "tables", "fast-tables"
DECODED = f"requests: {ROWS:,} rows in pages, decoded with json"
NORMALIZED = "requests: the same, and pandas.json_normalize"
ARROW = "dynzuora: to_arrow() of the same"
FAST_ARROW = f"{ARROW}, [fast]"
FRAME = "dynzuora: to_df() of the same"
MEMORY = f"dynzuora: to_arrow() adds at most {MOST_MEGABYTES} MB"
FRAME_MEMORY = f"dynzuora: to_df() adds at most {MOST_MEGABYTES_OF_A_FRAME} MB"

_REQUESTS = """
import json, pandas, requests
def pages():
    with requests.Session() as session:
        path = f'/invoices/{ROWS}?page=1'
        while path:
            reply = json.loads(session.get(url + path).content)
            yield reply['invoices']
            path = reply.get('nextPage')
"""
_CLIENT = """
import dynzuora
text, number = {'type': 'string'}, {'type': 'number'}
row = {'id': text, 'invoiceNumber': text, 'accountId': text, 'amount': number, 'balance': number,
       'invoiceDate': {**text, 'format': 'date'}, 'updatedDate': {**text, 'format': 'date-time'},
       'status': text, 'reversed': {'type': 'boolean'}, 'currency': text}
reply = {'type': 'object', 'properties': {
    'invoices': {'type': 'array', 'items': {'type': 'object', 'properties': row}}, 'nextPage': text}}
answer = {'description': '', 'content': {'application/json': {'schema': reply}}}
count = {'name': 'count', 'in': 'path', 'required': True, 'schema': {'type': 'integer'}}
page = {'name': 'page', 'in': 'query', 'schema': {'type': 'integer'}}
operation = {'operationId': 'GET_Invoices', 'parameters': [count, page], 'responses': {'200': answer}}
document = {'openapi': '3.0.0', 'info': {'title': 'Invoices', 'version': '1'},
            'paths': {'/invoices/{count}': {'get': operation}}}
client = dynzuora.Client(document, url, token='fake-t0ken')
def items():
    return client.items('GET_Invoices', count=ROWS)
"""
_MEMORY = """
import resource, sys
items().first()
getattr(client.items('GET_Invoices', count=10), make)()  # the libraries are part of the start
def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1e6 if sys.platform == 'darwin' else 1e3)
before = peak()
table = getattr(items(), make)()
assert len(table) == ROWS
added = peak() - before
print(f'{added:.0f} MB')
assert added <= MOST, f'{added:.0f} MB'
"""
_PARQUET = """
import tempfile
with tempfile.TemporaryDirectory() as folder:
    items().to_parquet(folder + '/invoices.parquet')
"""


def parquet(rows: int) -> str:
    """Return the name of a file of so many rows."""
    return f"dynzuora: to_parquet() of {rows:,} rows"


def _setup(setting: Setting, rows: int = ROWS) -> str:
    return f"url, ROWS = {setting.url!r}, {rows}\n"


def _memory(name: str, setting: Setting, make: str, most: int) -> Process:
    return Process(name, ENVIRONMENT, f"{_setup(setting)}make, MOST = {make!r}, {most}\n{_CLIENT}{_MEMORY}")


def _written(setting: Setting, rows: int) -> Process:
    code = _setup(setting, rows) + _CLIENT + _PARQUET
    return Process(parquet(rows), ENVIRONMENT, code, once=rows > ROWS)


def subjects(setting: Setting) -> Sequence[Subject]:
    normalize = "pandas.json_normalize([row for page in pages() for row in page])"
    return (
        Loop(DECODED, ENVIRONMENT, "sum(map(len, pages()))", _setup(setting) + _REQUESTS),
        Loop(ARROW, ENVIRONMENT, "items().to_arrow()", _setup(setting) + _CLIENT),
        Loop(FAST_ARROW, FAST_ENVIRONMENT, "items().to_arrow()", _setup(setting) + _CLIENT),
        Loop(NORMALIZED, ENVIRONMENT, normalize, _setup(setting) + _REQUESTS),
        Loop(FRAME, ENVIRONMENT, "items().to_df()", _setup(setting) + _CLIENT),
        _memory(MEMORY, setting, "to_arrow", MOST_MEGABYTES),
        _memory(FRAME_MEMORY, setting, "to_df", MOST_MEGABYTES_OF_A_FRAME),
        _written(setting, ROWS),
    )


KIND = Kind(
    "Rows as tables",
    "Ten columns, two of them amounts and two dates, 1,000 rows a page. What json and json_normalize"
    " give has floats for amounts and text for dates.",
    subjects,
    (
        Target(f"{ROWS:,} rows to Arrow", ARROW, 2.0, (DECODED,)),
        Target(f"{ROWS:,} rows to Arrow, `[fast]`", FAST_ARROW, 1.3, (DECODED,)),
        Target(f"{ROWS:,} rows to a DataFrame", FRAME, 2.0, (NORMALIZED,)),
        Target(f"memory of {ROWS:,} rows to Arrow", MEMORY),
        Target(f"memory of {ROWS:,} rows to a DataFrame", FRAME_MEMORY),
    ),
)

MILLIONS = Kind(
    "A million rows",
    "Takes a minute, so it is measured only when it is asked for.",
    lambda setting: (_written(setting, ROWS), _written(setting, MILLION)),
    (Target("memory of a million rows to Parquet", parquet(MILLION), 1.1, (parquet(ROWS),), "peak"),),
)
