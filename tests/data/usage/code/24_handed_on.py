"""Functions that send requests, handed on or kept under other names."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

import requests

ROOT = "https://rest.zuora.com/v1/"
session = requests.Session()
fetch = session.get
senders = {"read": session.get, "write": session.post}
pool = ThreadPoolExecutor()


def retried(function, *arguments, **options):
    return function(*arguments, **options)


class Rooted(requests.Session):
    def request(self, method, url, **options):
        return super().request(method, ROOT + url, **options)


async def later(loop):
    await asyncio.to_thread(requests.get, ROOT + "legacy/report")  # breaks: operation-removed
    await loop.run_in_executor(None, session.get, f"{ROOT}legacy/report")  # breaks: operation-removed


pool.submit(session.get, ROOT.rstrip("/") + "/legacy/report")  # breaks: operation-removed
pool.map(requests.get, [ROOT + "legacy/report"])  # breaks: operation-removed
retried(session.get, ROOT + "legacy/report")  # breaks: operation-removed
fetch(ROOT + "legacy/report")  # breaks: operation-removed
senders["read"](ROOT + "legacy/report")  # breaks: operation-removed
Rooted().get("legacy/report")  # breaks: operation-removed
retried(session.get, ROOT + "invoices/" + str(7)).json()["dueDate"]  # breaks: reply-key-removed reply.dueDate
print(list(map(senders.get, ["read", "write"])))
