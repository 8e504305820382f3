"""Many calls at once, and what a client holds after many operations and after many items."""

from __future__ import annotations

from collections.abc import Sequence

from benchmarks.calls import client
from benchmarks.start import REQUESTS
from benchmarks.subjects import Kind, Loop, Process, Setting, Subject, Target

CALLS, THREADS = 200, 40
FEW, MANY, MILLION = 1_000, 100_000, 1_000_000
PLAIN = f"requests: {CALLS} GETs of 50 ms on {THREADS} threads"
MAPPED = "dynzuora: client.map of the same"
FIFTY = "dynzuora: a client that has called 50 operations, [fast]"

_THREADS = """
import requests, threading
from concurrent.futures import ThreadPoolExecutor
local = threading.local()
def get(index):
    if not hasattr(local, 'session'):
        local.session = requests.Session()
    return local.session.get(f'{url}/{index}').json()
def everything():
    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(get, range(CALLS)))
"""
_MAP = """
def everything():
    accounts = ({'account_key': f'slow-{number}'} for number in range(CALLS))
    for each in client.map('GET_Account', accounts, workers=THREADS):
        assert each.error is None
"""
_FIFTY = """
from dynzuora.schema import example
def called(method, many):
    fit = [each for each in client.operations.values() if each.method == method
           and (method == 'GET' or (each.media_type or '').startswith('application/json'))]
    for each in fit[:many]:
        needed = {p.keyword: example(p.schema) for p in each.parameters if p.required}
        client.call(each.id, params=needed, body=client.template(each.id) if each.has_body else None)
called('GET', 25)
called('POST', 25)
"""
_ITEMS = """
import io, dynzuora, requests
from requests.adapters import BaseAdapter
from urllib3 import HTTPResponse
class AtOnce(BaseAdapter):
    def send(self, request, **_):
        reply = requests.Response()
        reply.status_code = 200
        reply.headers['Content-Type'] = 'application/json'
        reply.raw = HTTPResponse(io.BytesIO(b'{"success": true}'), status=200, preload_content=False)
        return reply
    def close(self):
        pass
client = dynzuora.Client(None, 'http://127.0.0.1:9', token='fake-t0ken', retries=0, transport=AtOnce())
keys = ({'account_key': str(number)} for number in range(COUNT))
for each in client.map('GET_Account', keys):
    assert each.error is None
"""


def items(count: int) -> str:
    """Return the name of a map over so many items."""
    return f"dynzuora: client.map over {count:,} items, answered at once"


def _mapped(count: int) -> Process:
    return Process(items(count), "fast", _ITEMS.replace("COUNT", str(count)), once=count > FEW)


def subjects(setting: Setting) -> Sequence[Subject]:
    constants = f"CALLS, THREADS, url = {CALLS}, {THREADS}, {setting.url + '/v1/accounts/slow'!r}\n"
    return (
        Loop(PLAIN, "fast", "everything()", constants + _THREADS),
        Loop(MAPPED, "fast", "everything()", constants + client(setting) + _MAP),
        Process(REQUESTS, "fast", "import requests"),
        Process(FIFTY, "fast", client(setting) + _FIFTY),
        Process(FIFTY.removesuffix(", [fast]"), "plain", client(setting) + _FIFTY),
        _mapped(FEW),
        _mapped(MANY),
    )


KIND = Kind(
    "Many calls",
    "Threads wait for a server that takes 50 ms, so there wall time counts. The 50 operations are"
    " 25 GETs and 25 POSTs with valid bodies, all of them sent and answered.",
    subjects,
    (
        Target(f"{CALLS} GETs of 50 ms on {THREADS} threads", MAPPED, 1.05, (PLAIN,), "wall"),
        Target("memory of a client that has called 50 operations", FIFTY, 1.5, (REQUESTS,), "peak"),
        Target(f"memory of a map over {MANY:,} items", items(MANY), 1.1, (items(FEW),), "peak"),
    ),
)

MILLIONS = Kind(
    "A million calls",
    "Takes minutes, so it is measured only when it is asked for.",
    lambda setting: (_mapped(FEW), _mapped(MILLION)),
    (Target("memory of a map over a million items", items(MILLION), 1.1, (items(FEW),), "peak"),),
)
