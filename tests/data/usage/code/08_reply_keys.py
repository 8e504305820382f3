"""What is read from replies."""

from dynzuora import Client

client = Client(environment="SBX")
reply = client.call("GET_Invoices", pageSize=40)
for invoice in reply["invoices"]:
    print(invoice["number"], invoice["balance"])
    print(invoice["dueDate"])  # breaks: reply-key-removed reply.invoices.dueDate
    names = [item["chargeName"] for item in invoice["items"]]  # breaks: reply-key-renamed reply.invoices.items.chargeName
first = reply["invoices"][0]
print(first.get("dueDate"))  # breaks: reply-key-removed reply.invoices.dueDate
print(reply.get("nextPage"), first["id"])
