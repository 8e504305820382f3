"""A body built step by step."""

from dynzuora import Client


def invoice(client: Client, account: str, rows: list[dict]) -> str:
    body = {"accountId": account, "billingDay": 1, "items": []}
    for row in rows:
        body["items"].append({"amount": row["amount"], "chargeName": row["name"]})  # breaks: field-renamed body.items.chargeName
    if account.startswith("E"):
        body["currency"] = "EUR"
    else:
        body["currency"] = "USD"
    body["autoPay"] = False  # breaks: field-removed body.autoPay
    return client.call("POST_Invoice", body=body)["number"]
