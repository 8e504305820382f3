"""Calls described as data."""

from enum import Enum

from dynzuora import Client, operations


class Operation(str, Enum):
    REPORT = "GET_LegacyReport"
    PAYMENTS = "GET_Payments"


STEPS = [
    ("GET_Payments", {"pageSize": 1}),
    ("GET_Invoices", {"status": "Error"}),  # breaks: value-refused argument status
    ("GET_CreditMemos", {"page": 1}),
]

client = Client(environment="SBX")
for name, arguments in STEPS:
    client.call(name, **arguments)
client.call(Operation.PAYMENTS)
client.call(Operation.REPORT.value)  # breaks: operation-removed
operations["PUT_StartRun"].prepare(key="R-1")  # breaks: body-required body
wanted = "GET_Payments" if client.read_only else "GET_LegacyReport"
client.call(wanted)  # breaks: operation-removed
