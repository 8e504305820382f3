"""Pages, rows, jobs, many calls at once, downloads."""

import pandas

from dynzuora import Client

client = Client(environment="SBX")
due = sorted(client.items("GET_Invoices", pageSize=40), key=lambda row: row["dueDate"])  # breaks: reply-key-removed reply.invoices.dueDate
for page in client.pages("GET_Invoices", status="Draft"):
    for invoice in page["invoices"]:
        print(invoice["items"][0]["chargeName"])  # breaks: reply-key-renamed reply.invoices.items.chargeName
frame = client.items("GET_Payments").to_df()
print(frame["amount"].sum(), frame[["id", "state"]])
table = pandas.DataFrame(client.items("GET_Invoices"))
print(table["dueDate"].max())  # breaks: reply-key-removed reply.invoices.dueDate
calls = [{"account_key": key, "body": {"contact": {"county": "-"}}} for key in ("a", "b")]  # breaks: field-removed body.contact.county
for result in client.map("PUT_Account", calls):  # breaks: argument-required argument effectiveDate
    print(result.index)
client.submit("PUT_StartRun", key="R-1").wait()  # breaks: body-required body
