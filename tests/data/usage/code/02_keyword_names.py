"""Arguments in several spellings."""

from dynzuora import Client

with Client(environment="SBX") as client:
    for invoice in client.call(
        "GET_Invoices",
        page_size=40,
        due_before="2021-01-01",  # breaks: argument-renamed argument due_before
        status="Posted",
    )["invoices"]:
        client.call("DELETE_Invoice", invoice_id=invoice["id"])  # breaks: argument-renamed argument invoice_id
    client.call("GET_Account", account_key="A-1")
