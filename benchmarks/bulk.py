"""Many calls at once, and what a client holds after many operations."""

from __future__ import annotations

from collections.abc import Sequence

from benchmarks.calls import client
from benchmarks.start import REQUESTS
from benchmarks.subjects import Kind, Loop, Process, Setting, Subject, Target

CALLS, THREADS = 200, 40
PLAIN = f"requests: {CALLS} GETs of 50 ms on {THREADS} threads"
MAPPED = "dynzuora: client.map of the same"
FIFTY = "dynzuora: a client that has called 50 operations"

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
from dynzuora._schema import example
def called(method, many):
    fit = [each for each in client.document.operations.values() if each.method == method
           and (method == 'GET' or (each.media_type or '').startswith('application/json'))]
    for each in fit[:many]:
        needed = {p.keyword: example(p.schema) for p in each.parameters if p.required}
        client.call(each.id, params=needed, body=client.template(each.id) if each.has_body else None)
called('GET', 25)
called('POST', 25)
"""


def subjects(setting: Setting) -> Sequence[Subject]:
    constants = f"CALLS, THREADS, url = {CALLS}, {THREADS}, {setting.url + '/v1/accounts/slow'!r}\n"
    return (
        Loop(PLAIN, "fast", "everything()", constants + _THREADS),
        Loop(MAPPED, "fast", "everything()", constants + client(setting) + _MAP),
        Process(REQUESTS, "fast", "import requests"),
        Process(FIFTY, "fast", client(setting) + _FIFTY),
    )


KIND = Kind(
    "Many calls",
    "Threads wait for a server that takes 50 ms, so here wall time counts.",
    subjects,
    (
        Target(f"{CALLS} GETs of 50 ms on {THREADS} threads", MAPPED, 1.05, (PLAIN,), "wall"),
        Target("memory of a client that has called 50 operations", FIFTY, 1.5, (REQUESTS,), "peak"),
    ),
)
