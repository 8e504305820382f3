"""Method and path instead of an id; computed values."""

import os

from dynzuora import Client

client = Client(environment="SBX")
client.call("GET /v1/legacy/report")  # breaks: operation-removed
client.call("GET /v1/payments")
client.call("GET /v1/creditmemos")  # breaks: operation-renamed
client.call("POST /v1/objects/definitions", body={"label": "Truck"})
client.request("GET", "/v1/creditmemos")  # breaks: operation-renamed
client.request("GET", "/v1/payments", query={"pageSize": 3})
from_elsewhere("GET_LegacyReport")  # breaks: operation-removed
from_elsewhere("GET_Payments")
client.call("POST_Payment", body={"amount": 5}, draft=True)  # breaks: argument-removed argument draft
client.call("POST_Invoice", body={"accountId": os.environ["ACCOUNT"], "billingDay": 1})
