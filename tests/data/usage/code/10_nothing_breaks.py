"""Uses only what stays."""

from dynzuora import Client

client = Client(environment="SBX")
memos = client.call("GET_CreditMemos", page=1)["creditmemos"]
print(sum(memo["amount"] for memo in memos))
client.call("GET_Invoices", status="Draft", pageSize=1)
client.call("POST_Invoice", body={"accountId": "1", "billingDay": 2, "currency": "EUR"})
client.call("POST_Account", body={"name": "Ada", "billToContact": {"city": "Bonn", "country": "DE"}})
client.prepare("DELETE_Invoice", invoiceKey="1")
