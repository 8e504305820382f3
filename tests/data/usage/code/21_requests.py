"""The API by URL, as people write it without a client."""

import json
import os
from urllib.parse import urljoin
from urllib.request import Request, urlopen

import httpx
import requests

BASE = os.environ["ZUORA_URL"]
V1 = f"{BASE}/v1"
headers = {"Authorization": "Bearer x"}

print(requests.get(BASE + "/v1/legacy/report", headers=headers).json()["url"])  # breaks: operation-removed
requests.get("https://rest.zuora.com/v1/legacy/report?format=pdf")  # breaks: operation-removed
requests.get("https://example.com/v1/legacy/report")
requests.request("GET", "{}/legacy/report".format(V1))  # breaks: operation-removed
httpx.get("%s/v1/legacy/%s" % (BASE, "report"))  # breaks: operation-removed
urlopen(Request(urljoin(BASE, "v1/legacy/report")))  # breaks: operation-removed
urlopen("/".join([BASE, "v1", "legacy", "report"]))  # breaks: operation-removed

session = requests.Session()
reply = session.get(f"{BASE}/v1/invoices", params={"dueBefore": "2021-01-01"})  # breaks: argument-renamed argument dueBefore
for invoice in reply.json()["invoices"]:
    print(invoice["number"])
    print(invoice["dueDate"])  # breaks: reply-key-removed reply.invoices.dueDate
with session.get(f"{V1}/invoices?dueBefore=2021-01-01") as answer:  # breaks: argument-renamed argument dueBefore
    print(json.loads(answer.text)["invoices"])
body = {"accountId": "1"}  # breaks: field-required body.billingDay
session.post(V1 + "/invoices", json=body)
session.post(V1 + "/invoices", data=json.dumps({"accountId": "x"}))  # breaks: field-required body.billingDay
for number in ("1", "2"):
    session.get(V1 + "/invoices/" + number).json()["dueDate"]  # breaks: reply-key-removed reply.dueDate
session.get(V1 + "/invoices/1/lines")  # unresolved
session.get(os.environ["OTHER"])  # unresolved
