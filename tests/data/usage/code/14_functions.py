"""Ids and arguments through functions of one's own."""

from functools import partial

from dynzuora import Client


def fetch(client, operation, **arguments):
    return client.call(operation, **arguments)  # breaks: operation-removed


def rows(client, operation, key, **arguments):
    for row in fetch(client, operation, **arguments)[key]:
        yield row


client = Client(environment="SBX")
for row in rows(client, "GET_Invoices", "invoices", dueBefore="2021-01-01"):  # breaks: argument-renamed argument dueBefore
    print(row["dueDate"])  # breaks: reply-key-removed reply.invoices.dueDate
for row in rows(client, "GET_Payments", "payments", accountId="1"):
    print(row["state"])
report = partial(fetch, client, "GET_LegacyReport")
print(report()["url"])
