"""Small wrappers around requests, of one's own and of others."""

import requests

from vendor import api

PATHS = {
    "report": "/v1/legacy/report",  # breaks: operation-removed
    "pay": "/v1/payments",  # unresolved
    "accounts": "/v1/accounts/{key}/summary",
}


class Zuora:
    endpoint = "https://rest.zuora.com/v1"

    def __init__(self, token):
        self.headers = {"Authorization": f"Bearer {token}"}

    def _send(self, method, path, **options):
        return requests.request(method, self.endpoint + path, headers=self.headers, **options).json()

    def _get(self, path, **parameters):
        return self._send("GET", path, params=parameters)

    def report(self):
        return self._get("/legacy/report")["url"]  # breaks: operation-removed

    def invoice(self, number):
        return self._get("/invoices/%s" % number)["dueDate"]  # breaks: reply-key-removed reply.dueDate


class Nightly(Zuora):
    def overdue(self):
        rows = self._get("/invoices", dueBefore="2021-01-01")["invoices"]  # breaks: argument-renamed argument dueBefore
        return [row["dueDate"] for row in rows]  # breaks: reply-key-removed reply.invoices.dueDate


api.rest_request("GET", "v1/legacy/report")  # breaks: operation-removed
api.post_json("/v1/legacy/report")  # unresolved
if api.path.startswith("/v1/invoices/"):  # unresolved
    print("an invoice")


@api.get("/v1/legacy/report")
def serve():
    """GET /v1/legacy/report is served here, and asked of nobody."""
